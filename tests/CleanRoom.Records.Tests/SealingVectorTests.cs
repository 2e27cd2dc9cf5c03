using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Records.V1;

namespace CleanRoom.Records.Tests;

/// <summary>
/// tests/vectors/sealing.json: from a case record to the bytes of its two sealed parts, for implementations in other languages (docs/protocol.md,
/// section 4). To make it again after a deliberate change, run with CLEANROOM_WRITE_VECTORS=1 and look at the difference.
/// </summary>
public sealed class SealingVectorTests
{
    private static readonly string File = Path.Combine(Directory.GetParent(SampleRoom.Folder)!.FullName, "tests", "vectors", "sealing.json");

    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    [Fact]
    public void Vectors_MadeAgain_EqualTheShippedFile()
    {
        var made = Make().ToJsonString(Indented) + "\n";
        if (Environment.GetEnvironmentVariable("CLEANROOM_WRITE_VECTORS") == "1")
        {
            System.IO.File.WriteAllText(File, made);
        }

        Assert.Equal(System.IO.File.ReadAllText(File), made);
    }

    [Fact]
    public void Vectors_Shipped_OpenToTheRecordThatTheySay()
    {
        var all = JsonNode.Parse(System.IO.File.ReadAllText(File))!;
        using var key = HpkePrivateKey.Import(Hex(all["recipientScalar"]!));
        foreach (var item in all["records"]!.AsArray())
        {
            using var recipient = Hpke.SetupRecipient(key, Hex(item!["enc"]!), Hex(item["info"]!))!;
            var parts = new CaseRecord?[2];
            foreach (var part in item["parts"]!.AsArray())
            {
                var index = part!["index"]!.GetValue<int>();
                Assert.True(recipient.TryOpenAt((ulong)index, Hex(part["aad"]!), Hex(part["ciphertext"]!), out var padded));
                Assert.True(Padme.TryUnpad(padded, out var plain));
                Assert.True(SealedPartCodec.TryParse(plain, index == 0 ? PartKind.Identity : PartKind.Analytic, out parts[index]));
            }
            Assert.True(CaseRecordCodec.TryParse(Hex(item["record"]!), out var record));
            Assert.Equal(record, new CaseRecordParts(parts[0], parts[1]).Join());
            Assert.Empty(Validation.CaseRecordValidator.Validate(record));
        }
    }

    private static JsonObject Make()
    {
        var scalar = Convert.FromHexString("35d186c1df7655220d57f1cdae80eca9846831070e1328b63c37a7077bf6feef");
        using var key = HpkePrivateKey.Import(scalar);
        var records = new JsonArray();
        var number = 0;
        foreach (var (name, record) in new[] { ("every field", Plain(FullRecord.Make())), ("a telephone and a consent", Small()) })
        {
            var room = RoomId.From(new Guid("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10"));
            var contributor = MemberId.Parse("lotus-bridge");
            var batch = BatchId.From(new Guid("0d4f5f3e-7d6b-4b0e-8f63-5d6a4a2f9b10"));
            var charter = Digest.Of("charter"u8);
            var deleteBy = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);
            var ikm = new byte[32];
            ikm[0] = (byte)++number;
            var info = BatchSeal.Info(room, contributor, key.PublicKey.Id);
            using var sender = Hpke.SetupSenderDeterministic(key.PublicKey, info, ikm);
            var split = CaseRecordParts.Split(record);
            var parts = new JsonArray();
            foreach (var (kind, payload) in new[] { (PartKind.Identity, split.Identity!), (PartKind.Analytic, split.Analytic!) })
            {
                var index = parts.Count;
                var plain = SealedPartCodec.Serialize(kind, payload);
                var padded = Padme.Pad(plain);
                var aad = BatchSeal.Aad(room, contributor, batch, charter, deleteBy, key.PublicKey.Id, 1, 64, index);
                parts.Add(new JsonObject
                {
                    ["index"] = index,
                    ["aad"] = Text(aad),
                    ["plain"] = Text(plain),
                    ["paddedLength"] = padded.Length,
                    ["ciphertext"] = Text(sender.Seal(aad, padded)),
                });
            }
            records.Add(new JsonObject { ["name"] = name, ["record"] = Text(CaseRecordCodec.Serialize(record)), ["ephemeralIkm"] = Text(ikm), ["info"] = Text(info), ["enc"] = Text(sender.Enc.Span), ["parts"] = parts });
        }
        return new JsonObject
        {
            ["about"] = "Made by SealingVectorTests from fixed inputs; bytes in hex. The scalar is a test key and opens nothing else. record is case_record.proto, plain is sealed_part.proto, padded by Padme to paddedLength.",
            ["recipientScalar"] = Text(scalar),
            ["recipientPublicKey"] = Text(key.PublicKey.Span),
            ["records"] = records,
        };
    }

    /// <summary>Without what is withheld: the parts of such a record join to another one.</summary>
    private static CaseRecord Plain(CaseRecord record)
    {
        record.Consents[0].WithheldPaths.Clear();
        return record;
    }

    private static CaseRecord Small()
    {
        var full = FullRecord.Make();
        var day = DayNumbers.FromDate(new DateOnly(2026, 11, 1));
        var record = new CaseRecord
        {
            SchemaVersion = CaseRecordCodec.SchemaVersion,
            RecordId = full.RecordId,
            ContributorId = "lotus-bridge",
            ContributorRecordRef = "LB-1",
            RecordVersion = 1,
            Determination = new Determination { Status = "NotAssessed" },
            Handling = new Handling { Tlp = "TLP:AMBER+STRICT", Sensitivity = "Severe", Caveats = { "NO_IMMIGRATION" } },
            Retention = new Retention { Trigger = "RecordDate", Period = "P24M", DeleteByDay = day + 730, Action = "Delete" },
            Provenance = new Provenance { SourceFormat = "case-list", ImportProfile = "case-list" },
        };
        record.Persons.Add(new V1.Person
        {
            PersonKey = "v1",
            Role = "Victim",
            Identifiers = { new Identifier { Kind = "Phone", Raw = "+44 7700 900123", Value = "+447700900123", Country = "GBR", HolderRole = "Victim", Possible = true, Candidates = { "phone:+447700900123" } } },
        });
        record.Consents.Add(new Consent { PersonKey = "v1", Purpose = "C2_BLIND_MATCH", State = "Granted", GivenBy = "individual", Mode = "Written", ObtainedDay = day, ExpiresDay = day + 365 });
        record.LawfulBases.Add(new LawfulBasis { Purpose = "C2_BLIND_MATCH", Basis = "consent" });
        return record;
    }

    private static byte[] Hex(JsonNode node) => Convert.FromHexString(node.GetValue<string>());

    private static string Text(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
