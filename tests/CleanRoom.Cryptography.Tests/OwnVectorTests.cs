using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace CleanRoom.Cryptography.Tests;

/// <summary>
/// The vectors that ship with the project, for implementations in other languages. To make them again after a deliberate change
/// of format, run the tests with CLEANROOM_WRITE_VECTORS=1 and look at the difference.
/// </summary>
/// <remarks>
/// What is deterministic is computed again and compared. ECDSA signatures are randomised, so the file keeps the first ones; they
/// are verified, and what they sign is compared.
/// </remarks>
public sealed class OwnVectorTests
{
    private const string Room = "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10";

    private static readonly string File = Path.Combine(Published.Repository, "tests", "vectors", "cryptography.json");

    private static readonly int[] PaddedDataSizes = [0, 1020, 1021, 2000, 4093, 65_536, 1_000_000];

    private static readonly string[] JsonInputs =
    [
        "{\"b\":[1.0,1e21,-0,0.000001,1e-7],\"a\":\"\\u00e9\\u0007\\/\"}",
        "{\"\\ud83d\\ude00\":1,\"\\ufb33\":2,\"1\":{},\"\":[]}",
    ];

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    [Fact]
    public void Deterministic_MadeAgain_EqualsTheShippedFile()
    {
        if (Environment.GetEnvironmentVariable("CLEANROOM_WRITE_VECTORS") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(File)!);
            var all = Deterministic();
            all["signed"] = Signed();
            System.IO.File.WriteAllText(File, all.ToJsonString(Indented) + "\n");
        }

        var shipped = Shipped();
        shipped.Remove("signed");
        Assert.Equal(Deterministic().ToJsonString(Indented), shipped.ToJsonString(Indented));
    }

    [Fact]
    public void BatchPart_Shipped_OpensInAnyOrder()
    {
        var batch = Shipped()["batch"]!;
        using var key = HpkePrivateKey.Import(Hex(batch, "recipientScalar"));
        using var recipient = Hpke.SetupRecipient(key, Hex(batch, "enc"), Hex(batch, "info"));
        Assert.NotNull(recipient);
        foreach (var part in batch["parts"]!.AsArray().Reverse())
        {
            Assert.True(recipient.TryOpenAt((ulong)part!["number"]!.GetValue<int>(), Hex(part, "aad"), Hex(part, "ciphertext"), out var padded));
            Assert.True(Padme.TryUnpad(padded, out var data));
            Assert.Equal(Hex(part, "data"), data.ToArray());
        }
    }

    [Fact]
    public void DeterministicMessage_Shipped_Opens()
    {
        var message = Shipped()["deterministic"]!;
        using var key = HpkePrivateKey.Import(Hex(message, "recipientScalar"));
        Assert.True(Hpke.TryOpen(key, Hex(message, "info"), Hex(message, "aad"), Hex(message, "sealed"), out var plaintext));
        Assert.Equal(Hex(message, "plaintext"), plaintext);
    }

    [Fact]
    public void Signed_Shipped_VerifiesAndSaysWhatWeWouldSign()
    {
        var signed = Shipped()["signed"]!;
        using var key = SignerKey();
        Assert.True(VerifyingKey.TryFromJwk(signed["jwk"]!.ToJsonString(), out var publicKey));
        Assert.Equal(key.PublicKey, publicKey);
        Assert.Equal(publicKey.Id.ToString(), Text(signed, "keyId"));

        Assert.True(Jws.TryParse(Text(signed, "jws"), out var jws));
        Assert.True(jws.Verify(publicKey));
        Assert.Equal(Hex(signed, "payload"), jws.Payload.ToArray());
        Assert.True(Jws.TryParseDetached(Text(signed, "detachedJws"), Hex(signed, "payload"), out var detached));
        Assert.True(detached.Verify(publicKey));
        Assert.True(Jws.TryParse(Jws.Sign(key, "cleanroom-entry+jws", Hex(signed, "payload")), out var again));
        Assert.Equal(again.ToString().Split('.')[..2], Text(signed, "jws").Split('.')[..2]);

        Assert.True(SignedCheckpoint.TryParse(Text(signed, "checkpoint"), out var checkpoint));
        Assert.True(checkpoint.VerifyLog("operator", publicKey));
        Assert.Equal(1, checkpoint.CountValid(new Dictionary<string, VerifyingKey> { ["lotus-bridge"] = publicKey }));
        Assert.Equal(1_796_126_400, checkpoint.Cosignatures[0].Time.ToUnixTimeSeconds());
        Assert.Equal(Head().ToText(), checkpoint.Checkpoint.ToText());
    }

    private static JsonObject Deterministic() => new()
    {
        ["about"] = "Made by OwnVectorTests from fixed inputs; bytes in hex. Scalars are test keys and open nothing else.",
        ["batch"] = Batch(),
        ["deterministic"] = DeterministicMessage(),
        ["merkle"] = Merkle(),
        ["padme"] = PadmeLengths(),
        ["canonicalJson"] = Json(),
        ["checkpointText"] = Head().ToText(),
    };

    private static JsonObject Batch()
    {
        using var key = HpkePrivateKey.Derive(Input("recipient"));
        var info = Encoding.ASCII.GetBytes($"cleanroom/v1/batch\0{Room}\0lotus-bridge\0{key.PublicKey.Id}");
        using var sender = Hpke.SetupSenderDeterministic(key.PublicKey, info, Input("ephemeral"));
        using var exported = sender.Export("vector"u8, 32);
        var parts = new JsonArray();
        foreach (var (number, data) in new[] { "", "identity part", new string('x', 1500) }.Index())
        {
            var aad = CanonicalJson.Canonicalize(new JsonObject { ["index"] = number, ["room"] = Room });
            var plain = Encoding.UTF8.GetBytes(data);
            parts.Add(new JsonObject
            {
                ["number"] = number,
                ["aad"] = ToHex(aad),
                ["data"] = ToHex(plain),
                ["ciphertext"] = ToHex(sender.Seal(aad, Padme.Pad(plain))),
            });
        }

        using var export = exported.Borrow();
        return new JsonObject
        {
            ["recipientScalar"] = ToHex(Scalar(key)),
            ["recipientPublicKey"] = ToHex(key.PublicKey.Span),
            ["recipientKeyId"] = key.PublicKey.Id.ToString(),
            ["ephemeralIkm"] = ToHex(Input("ephemeral")),
            ["info"] = ToHex(info),
            ["enc"] = ToHex(sender.Enc.Span),
            ["exportContext"] = ToHex("vector"u8),
            ["export"] = ToHex(export.Span),
            ["parts"] = parts,
        };
    }

    private static JsonObject DeterministicMessage()
    {
        using var key = HpkePrivateKey.Derive(Input("inbox"));
        var plaintext = Padme.PadToSize("notice"u8, 128);
        return new JsonObject
        {
            ["recipientScalar"] = ToHex(Scalar(key)),
            ["secret"] = ToHex(Input("secret")),
            ["info"] = ToHex("cleanroom/v1/message"u8),
            ["aad"] = ToHex("header"u8),
            ["plaintext"] = ToHex(plaintext),
            ["sealed"] = ToHex(Hpke.SealDeterministic(key.PublicKey, "cleanroom/v1/message"u8, "header"u8, plaintext, Input("secret"))),
        };
    }

    private static JsonObject Merkle()
    {
        var (frontier, nodes) = Log();
        return new JsonObject
        {
            ["leaves"] = new JsonArray([.. Enumerable.Range(0, 7).Select(i => (JsonNode)ToHex([(byte)i]))]),
            ["root"] = ToHex(frontier.Root.Span),
            ["frontier"] = ToHex(frontier.Serialize()),
            ["inclusionOf4In7"] = Hashes(MerkleProof.Inclusion(4, 7, position => nodes[position])),
            ["consistencyFrom3To7"] = Hashes(MerkleProof.Consistency(3, 7, position => nodes[position])),
        };
    }

    private static JsonArray PadmeLengths() =>
    [
        .. PaddedDataSizes
            .Select(length => new JsonObject { ["data"] = length, ["padded"] = Padme.Pad(new byte[length]).Length }),
    ];

    private static JsonArray Json() =>
    [
        .. JsonInputs
            .Select(input => new JsonObject { ["input"] = input, ["canonical"] = ToHex(CanonicalJson.Canonicalize(Encoding.UTF8.GetBytes(input))) }),
    ];

    private static JsonObject Signed()
    {
        using var key = SignerKey();
        var payload = CanonicalJson.Canonicalize(new JsonObject { ["author"] = "lotus-bridge", ["room"] = Room, ["type"] = "listing" });
        var head = Head();
        return new JsonObject
        {
            ["jwk"] = key.PublicKey.ToJwk(),
            ["keyId"] = key.PublicKey.Id.ToString(),
            ["payload"] = ToHex(payload),
            ["jws"] = Jws.Sign(key, "cleanroom-entry+jws", payload),
            ["detachedJws"] = Jws.SignDetached(key, "cleanroom-approval+jws", payload),
            ["checkpoint"] = CheckpointSigner.Sign(key, "operator", head)
                .WithCosignatures(Cosigner.Cosign(key, "lotus-bridge", head, DateTimeOffset.FromUnixTimeSeconds(1_796_126_400))).ToText(),
        };
    }

    private static Checkpoint Head() => new($"cleanroom/room/{Room}", 7, Log().Frontier.Root);

    private static (MerkleFrontier Frontier, Dictionary<MerklePosition, Digest> Nodes) Log()
    {
        var frontier = new MerkleFrontier();
        var nodes = new Dictionary<MerklePosition, Digest>();
        for (byte i = 0; i < 7; i++)
        {
            foreach (var node in frontier.Append(MerkleTree.LeafHash([i])))
            {
                nodes.Add(node.Position, node.Hash);
            }
        }

        return (frontier, nodes);
    }

    /// <summary>The signing key of the vectors: the scalar that DeriveKeyPair gives for the input "signer".</summary>
    private static SigningKey SignerKey()
    {
        using var derived = HpkePrivateKey.Derive(Input("signer"));
        using var platform = ECDsa.Create(new ECParameters
        {
            Curve = ECCurve.NamedCurves.nistP256,
            D = Scalar(derived),
        });
        return SigningKey.ImportPkcs8(platform.ExportPkcs8PrivateKey());
    }

    private static byte[] Scalar(HpkePrivateKey key)
    {
        var scalar = new byte[HpkePrivateKey.Size];
        key.Export(scalar);
        return scalar;
    }

    private static byte[] Input(string name) => Digest.Of(Encoding.UTF8.GetBytes("cleanroom test vector: " + name)).Span.ToArray();

    private static JsonArray Hashes(IEnumerable<Digest> proof) => new([.. proof.Select(hash => (JsonNode)ToHex(hash.Span))]);

    private static JsonObject Shipped() => JsonNode.Parse(System.IO.File.ReadAllText(File))!.AsObject();

    private static string Text(JsonNode node, string member) => node[member]!.GetValue<string>();

    private static byte[] Hex(JsonNode node, string member) => Convert.FromHexString(Text(node, member));

    private static string ToHex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);
}
