using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

public sealed class EntryTests
{
    [Fact]
    public void TryParse_EveryTypeThatWasSigned_GivesTheSameBytes()
    {
        using var room = new TestRoom().Running();
        var types = new HashSet<string>();
        foreach (var (entry, key) in All(room))
        {
            var leaf = entry.Sign(key);
            Assert.True(SignedEntry.TryParse(leaf, out var parsed, out var error), $"{entry.Type} {error}");
            Assert.Equal(entry.GetType(), parsed.Entry.GetType());
            Assert.Equal(entry.Payload(), parsed.Entry.Payload());
            Assert.Equal(MerkleTree.LeafHash(leaf), parsed.LeafHash);
            Assert.Equal(key.PublicKey.Id, parsed.SignedBy);
            Assert.True(parsed.Verify(key.PublicKey));
            Assert.False(parsed.Verify(room.Operator.PublicKey));
            types.Add(entry.Type);
        }

        Assert.Equal(30, types.Count);
    }

    [Fact]
    public void TryParse_MemberAddedOrRemoved_IsRefusedForEveryType()
    {
        using var room = new TestRoom().Running();
        foreach (var (entry, key) in All(room))
        {
            var json = JsonNode.Parse(entry.Payload())!.AsObject();
            // What an epoch draws and discloses, what follows by a rule, and which emergencies it answers, are the members that may be missing: then there are none.
            foreach (var name in json.Select(pair => pair.Key).Where(name => name is not ("audits" or "automatic" or "disclosed" or "emergencies")).ToList())
            {
                var without = json.DeepClone().AsObject();
                without.Remove(name);
                Assert.False(SignedEntry.TryParse(Leaf(without, key), out _, out _), $"{entry.Type} without {name}");
            }

            json["surprise"] = 1;
            Assert.False(SignedEntry.TryParse(Leaf(json, key), out _, out var error));
            Assert.Equal("surprise", error.Path);
        }
    }

    public static TheoryData<string, string, string> Mistakes() => new()
    {
        { "person", "roles", "[\"transport\",\"uploader\"]" },
        { "person", "roles", "[\"uploader\",\"approver\"]" },
        { "person", "roles", "[\"uploader\",\"uploader\"]" },
        { "person", "roles", "[\"admin\"]" },
        { "person", "roles", "[]" },
        { "person", "action", "\"replace\"" },
        { "person", "person", "\"a b\"" },
        { "person", "id", "\"00000000-0000-0000-0000-000000000000\"" },
        { "person", "id", "\"0190a6a0-0000-7000-8000-000000000000\"" },
        { "person", "author", "\"enclave\"" },
        { "person", "author", "\"Upper\"" },
        { "key", "period", "0" },
        { "key", "purpose", "\"signing\"" },
        { "listing", "contributors", "[\"c-contributor\",\"b-contributor\"]" },
        { "listing", "contributors", "[\"a-contributor\"]" },
        { "listing", "purposes", "[\"C99\"]" },
        { "batch", "slots", "65" },
        { "batch", "slots", "256" },
        { "batch", "enc", "\"AA\"" },
        { "batch", "parts", "[]" },
        { "batch", "deleteBy", "\"2027-03-01T00:00:00.5Z\"" },
        { "batch", "checkpoint", "{\"root\":\"x\",\"size\":0}" },
        { "batch", "previous", "\"none\"" },
        { "tombstone", "records", "[]" },
        { "freeze", "frozen", "1" },
        { "instance", "author", "\"a-contributor\"" },
        { "instance", "evidence", "[]" },
        { "instance", "generation", "0" },
        { "release", "periods", "[2,1]" },
        { "release", "periods", "[1,1]" },
        { "release", "leaseEnds", "\"tomorrow\"" },
        { "epoch", "checkpoint", "\"note\"" },
        { "epoch", "recipients", "[{\"first\":1,\"last\":2}]" },
        { "veto", "version", "1" },
    };

    [Theory, MemberData(nameof(Mistakes))]
    public void TryParse_MemberOutOfRange_IsRefusedWithItsPath(string type, string member, string json)
    {
        using var room = new TestRoom().Running();
        var (entry, key) = All(room).First(pair => pair.Entry.Type == type);
        var payload = JsonNode.Parse(entry.Payload())!.AsObject();
        payload[member] = JsonNode.Parse(json);
        Assert.False(SignedEntry.TryParse(Leaf(payload, key), out _, out var error));
        Assert.StartsWith(member == "slots" && json == "256" ? "parts" : member, error.Path, StringComparison.Ordinal);
        Assert.NotEmpty(error.Remedy);
    }

    [Fact]
    public void TryParse_OtherTypOrBytesBehindOrNotCanonical_IsRefused()
    {
        using var room = new TestRoom();
        using var key = SigningKey.Generate();
        var payload = new FreezeEntry(room.Room, TestRoom.NewId(), room.A.Id, true).Payload();
        Assert.True(SignedEntry.TryParse(Ascii(Jws.Sign(key, Entry.JwsType, payload)), out _, out _));
        Assert.False(SignedEntry.TryParse(Ascii(Jws.Sign(key, CharterDecision.Type, payload)), out _, out _));
        Assert.False(SignedEntry.TryParse(Ascii(Jws.Sign(key, Entry.JwsType, payload) + "\n"), out _, out _));
        Assert.False(SignedEntry.TryParse(Ascii(Jws.Sign(key, Entry.JwsType, [.. payload, 32])), out _, out _));
        Assert.False(SignedEntry.TryParse(Ascii(Jws.Sign(key, Entry.JwsType, "[]"u8)), out _, out _));
        Assert.False(SignedEntry.TryParse([], out _, out _));
        Assert.False(SignedEntry.TryParse(new byte[Entry.MaxLeafSize + 1], out _, out var error));
        Assert.Contains("256 KiB", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TryParse_UnknownType_IsKeptAsItIs()
    {
        using var room = new TestRoom();
        using var key = SigningKey.Generate();
        var json = new JsonObject { ["author"] = "a-contributor", ["id"] = TestRoom.NewId().ToString(), ["room"] = room.Room.ToString(), ["type"] = "debit", ["amount"] = 3 };
        Assert.True(SignedEntry.TryParse(Leaf(json, key), out var entry, out _));
        Assert.Equal("debit", Assert.IsType<UnknownEntry>(entry.Entry).Type);
        Assert.Equal(CanonicalJson.Canonicalize(json), entry.Entry.Payload());
    }

    [Fact]
    public void Sign_EntryThatWouldNotParse_IsAWrongCall()
    {
        using var room = new TestRoom();
        using var key = SigningKey.Generate();
        var entry = new PersonEntry(room.Room, TestRoom.NewId(), room.A.Id, false, "p", key.PublicKey, PersonRoles.Transport | PersonRoles.Officer);
        Assert.Contains("roles", Assert.Throws<ArgumentException>(() => entry.Sign(key)).Message, StringComparison.Ordinal);
    }

    private static IEnumerable<(Entry Entry, SigningKey Key)> All(TestRoom room)
    {
        var (id, a) = (room.Room, room.A.Id);
        yield return (room.GenesisEntry(), room.Steward.Organisation);
        yield return (new VetoEntry(id, TestRoom.NewId(), a, Digest.Of("x"u8), 2), room.A.Organisation);
        yield return (new PersonEntry(id, TestRoom.NewId(), a, false, "p", room.A.Tls.PublicKey, PersonRoles.Approver | PersonRoles.Safeguarding), room.A.Organisation);
        yield return (new PersonEntry(id, TestRoom.NewId(), a, true, "p", room.A.Tls.PublicKey, PersonRoles.None), room.A.Organisation);
        yield return (new KeyEntry(id, TestRoom.NewId(), a, KeyPurpose.Inbox, 2, room.A.Inbox.PublicKey), room.A.Approver);
        yield return (room.Listing(room.A, [room.C, room.B]), room.A.Approver);
        yield return (room.Batch(room.A), room.A.Uploader);
        yield return (new TombstoneEntry(id, TestRoom.NewId(), a, [new RecordSlot(BatchId.From(Guid.NewGuid()), 5), new RecordSlot(BatchId.From(Guid.NewGuid()), 4)]), room.A.Uploader);
        yield return (new FreezeEntry(id, TestRoom.NewId(), a, true), room.A.Approver);
        yield return (room.Erasure(room.A), room.A.Verifier);
        yield return (room.Erasure(room.A) with { Custody = "key-vault", LeaseEnds = TestRoom.Start, RecoverableUntil = TestRoom.Start.AddDays(90) }, room.A.Verifier);
        yield return (new ResealEntry(
            id, TestRoom.NewId(), a, Digest.Of("x"u8), BatchId.From(Guid.NewGuid()), 1, new byte[Hpke.EncSize], room.A.Record.PublicKey.Id, 2,
            [.. Enumerable.Range(0, 128).Select(i => Digest.Of([(byte)i]))]), room.Instance);
        yield return (new ActResealEntry(id, TestRoom.NewId(), a, Digest.Of("x"u8), 1, 2, new byte[2048]), room.Instance);
        yield return (room.InstanceOf(2, room.Instance), room.Instance);
        yield return (room.ReleaseOf(room.A, 1), room.A.Verifier);
        yield return (room.EpochOf(1, room.Cosigned()), room.Instance);
        yield return (room.EpochOf(1, room.Cosigned()) with { Disclosed = [.. new[] { TestRoom.NewId(), TestRoom.NewId() }.OrderBy(item => item.ToString(), StringComparer.Ordinal)] }, room.Instance);
        yield return (room.EpochOf(1, room.Cosigned()) with { Audits = [new EpochAudit(a, "2026-Q4", Digest.Of("x"u8)), new EpochAudit(room.B.Id, "2026-Q4", Digest.Of("y"u8))] }, room.Instance);
        yield return (new VerdictEntry(id, TestRoom.NewId(), room.Steward.Id, new EpochAudit(a, "2026-Q4", Digest.Of("x"u8)), AuditResult.Overdue), room.Steward.Organisation);
        yield return (room.EpochOf(1, room.Cosigned()) with { Automatic = [TestRoom.NewId()] }, room.Instance);
        yield return (room.EpochOf(1, room.Cosigned()) with { Evaluated = false, Emergencies = [TestRoom.NewId()] }, room.Instance);
        yield return (new ConfirmEntry(id, TestRoom.NewId(), a, Digest.Of("x"u8)), room.A.Approver);
        var lost = TestRoom.Signed(room.Lost(new LogPosition(3, Digest.Of("x"u8))), room.Contributors);
        yield return (room.Recovery(lost, TestRoom.Approved(room.Genesis, room.Contributors)), room.A.Organisation);
        yield return (new ResumeEntry(id, TestRoom.NewId(), a, 1), room.A.Organisation);
        foreach (var kind in Enum.GetValues<ActKind>())
        {
            yield return (new ActEntry(id, TestRoom.NewId(), a, kind, ActRules.IsAboutRequest(kind) ? TestRoom.NewId() : null, 1, new byte[2048]), room.A.Uploader);
        }
    }

    private static byte[] Leaf(JsonNode payload, SigningKey key) => Ascii(Jws.Sign(key, Entry.JwsType, CanonicalJson.Canonicalize(payload)));

    private static byte[] Ascii(string text) => Encoding.ASCII.GetBytes(text);
}
