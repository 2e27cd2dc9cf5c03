using System.Diagnostics.CodeAnalysis;
using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Json;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Audits;

/// <summary>What a contributor opens of one drawn record.</summary>
/// <param name="Drawn">The record.</param>
/// <param name="Evidence">Where the case stands in its files; null if the record was withdrawn since it was drawn: what a person has taken back is shown to nobody.</param>
/// <param name="Opening">32 bytes; empty where nothing is opened.</param>
public sealed record OpenedRecord(DrawnRecord Drawn, CaseEvidence? Evidence, ReadOnlyMemory<byte> Opening);

/// <summary>A contributor's answer to a draw: intake day, case number and consent reference of each drawn record, and nothing else of it.</summary>
/// <param name="Sample">What was drawn.</param>
/// <param name="Records">One for each that was drawn, in its order.</param>
public sealed record AuditOpening(AuditSample Sample, IReadOnlyList<OpenedRecord> Records)
{
    private const string Schema = "cleanroom/audit-opening/v1";
    private const int MaxSize = 1 << 16;

    /// <summary>Whether it answers the draw that the log binds, and every case that it shows is the one that the record was committed to.</summary>
    /// <param name="room">The room.</param>
    /// <param name="contributor">Whose answer it is.</param>
    /// <param name="sample">What the epoch's entry says of the draw.</param>
    public bool Answers(RoomId room, MemberId contributor, Digest sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        return Sample.DigestIn(room, contributor) == sample
            && Records.Select(record => record.Drawn).SequenceEqual(Sample.Drawn)
            && Records.All(record => record.Evidence is null || record.Evidence.Commit(room, contributor, record.Drawn.Record, record.Opening.Span) == record.Drawn.Commitment);
    }

    /// <summary>Seals it for the auditor.</summary>
    /// <param name="room">The room.</param>
    /// <param name="contributor">Whose answer it is.</param>
    /// <param name="auditor">The charter's key.</param>
    /// <returns>The content of a file.</returns>
    public byte[] Seal(RoomId room, MemberId contributor, HpkePublicKey auditor)
    {
        ArgumentNullException.ThrowIfNull(contributor);
        ArgumentNullException.ThrowIfNull(auditor);
        var json = new JsonObject();
        Write(json);
        return JsonBuild.Bytes(new JsonObject
        {
            ["contributor"] = contributor.Value,
            ["room"] = room.ToString(),
            ["schema"] = Schema,
            ["sealed"] = StrictBase64.EncodeUrl(Hpke.Seal(auditor, Info(room, contributor, auditor.Id), [], Padme.Pad(JsonBuild.Bytes(json)))),
        });
    }

    /// <summary>Opens what a contributor has sealed for the auditor.</summary>
    /// <param name="file">The content of the file.</param>
    /// <param name="room">The room that it must be for.</param>
    /// <param name="key">The auditor's key.</param>
    /// <param name="contributor">Whose answer it says it is: <see cref="Answers"/> shows whether it is.</param>
    /// <param name="opening">The answer.</param>
    /// <returns><see langword="false"/> if it has another form, is another room's, or was sealed to another key.</returns>
    public static bool TryOpen(
        ReadOnlySpan<byte> file, RoomId room, HpkePrivateKey key, [NotNullWhen(true)] out MemberId? contributor, [NotNullWhen(true)] out AuditOpening? opening)
    {
        ArgumentNullException.ThrowIfNull(key);
        (contributor, opening) = (null, null);
        if (!StrictJson.TryParseCanonical(file, out var outer))
        {
            return false;
        }

        byte[]? text;
        using (outer)
        {
            var problems = new Problems();
            var fields = new JsonFields(outer.RootElement, "", problems);
            fields.Constant("schema", Schema);
            fields.Constant("room", room.ToString());
            contributor = fields.Member("contributor");
            text = fields.Bytes("sealed", Hpke.Overhead + Padme.MinimumSize, MaxSize);
            fields.End();
            if (problems.Any)
            {
                return false;
            }
        }

        if (!Hpke.TryOpen(key, Info(room, contributor!, key.PublicKey.Id), [], text, out var plain) || !Padme.TryUnpad(plain, out var inner) || !StrictJson.TryParseCanonical(inner, out var document))
        {
            return false;
        }

        using (document)
        {
            var problems = new Problems();
            var fields = new JsonFields(document.RootElement, "", problems);
            opening = Read(fields);
            fields.End();
            opening = problems.Any ? null : opening;
            return opening is not null;
        }
    }

    internal void Write(JsonObject json)
    {
        Sample.WriteHead(json);
        json["records"] = JsonBuild.Objects(Records.Select(record =>
        {
            var item = record.Drawn.ToJson();
            if (record.Evidence is { } evidence)
            {
                evidence.Write(item);
                item["opening"] = StrictBase64.EncodeUrl(record.Opening.Span);
            }

            return item;
        }));
    }

    internal static AuditOpening? Read(JsonFields fields) =>
        AuditSample.ReadWith(fields, "records", (drawn, item) =>
        {
            if (item.Optional("opening") is null)
            {
                return new OpenedRecord(drawn, null, default);
            }

            var evidence = CaseEvidence.Read(item);
            var opening = item.Bytes("opening", CaseEvidence.OpeningSize, CaseEvidence.OpeningSize);
            return evidence is null || opening is null ? null : new OpenedRecord(drawn, evidence, opening);
        }) is var (sample, records) ? new AuditOpening(sample, records) : null;

    private static byte[] Info(RoomId room, MemberId contributor, KeyId key) => Encoding.ASCII.GetBytes($"cleanroom/v1/audit-opening\0{room}\0{contributor}\0{key}");
}
