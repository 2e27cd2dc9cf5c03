using System.Text;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Tests;

/// <summary>
/// A log with a recovery, and forged recoveries for its place: what web/sealing is checked against.
/// </summary>
public sealed class RecoveryVectorTests
{
    [Fact]
    public void Log_Shipped_GoesOnBehindTheRecoveryAndBehindNoForgedOne()
    {
        var file = VectorFile.Read("recovery.json", Make);
        var verifier = new LogVerifier(RoomId.Parse(file["room"]!.GetValue<string>()));
        var before = Texts(file["before"]!);
        foreach (var leaf in before)
        {
            Assert.True(verifier.Append(leaf).IsAccepted);
        }

        Assert.Equal(file["root"]!.GetValue<string>(), verifier.Root.ToString());
        foreach (var forged in file["forged"]!.AsArray())
        {
            var other = new LogVerifier(verifier.State.Room);
            foreach (var leaf in before)
            {
                other.Append(leaf);
            }

            Assert.Equal(EntryEffect.Ignored, other.Append(Encoding.ASCII.GetBytes(forged!["leaf"]!.GetValue<string>())).Effect);
        }

        foreach (var leaf in Texts(file["after"]!))
        {
            Assert.True(verifier.Append(leaf).IsAccepted);
        }

        Assert.True(SignedCheckpoint.TryParse(file["checkpoint"]!.GetValue<string>(), out var note));
        Assert.True(verifier.TryAccept(note, out _, out var refusal), refusal.ToString());
        Assert.Equal(file["epoch"]!.GetValue<long>(), verifier.State.LastEpoch);
        Assert.Equal(file["generation"]!.GetValue<long>(), verifier.State.LastGeneration);
        Assert.Equal(file["lastNumber"]!.GetValue<long>(), verifier.State.NextNumber(MemberId.Parse(file["member"]!.GetValue<string>())) - 1);
        Assert.Equal(file["recovery"]!.GetValue<string>(), verifier.State.LastRecovery!.Hash.ToString());
    }

    private static JsonObject Make()
    {
        using var room = new TestRoom().Running();
        room.Accept(room.EpochOf(1, room.Cosigned()), room.Instance);
        var before = room.Leaves.ToList();
        var surviving = new LogPosition(room.Verifier.Size, room.Verifier.Root);
        foreach (var member in room.Contributors)
        {
            room.Accept(room.Batch(member), member.Uploader);
        }

        var statement = room.Lost(surviving);
        var anew = room.Restored((int)surviving.Size);
        var forged = new JsonArray();
        void Forge(string what, Entry entry, SigningKey key) => forged.Add(new JsonObject { ["what"] = what, ["leaf"] = Encoding.ASCII.GetString(entry.Sign(key)) });
        var signed = TestRoom.Signed(statement, room.Contributors);
        Forge("a contributor has not signed", room.Recovery(TestRoom.Signed(statement, room.A, room.B)), room.A.Organisation);
        Forge("one signed with another key", room.Recovery(signed.Sign(room.C.Approver, room.C.Id)), room.A.Organisation);
        Forge("an agency signed beside", room.Recovery(signed.Sign(room.Agency.Organisation, room.Agency.Id)), room.A.Organisation);
        Forge("put in by an agency", room.Recovery(signed) with { Author = room.Agency.Id }, room.Agency.Organisation);
        Forge("put in with another key", room.Recovery(signed), room.A.Approver);
        Forge("goes on from another root", room.Recovery(TestRoom.Signed(room.Lost(surviving with { Root = Digest.Of("x"u8) }), room.Contributors)), room.A.Organisation);
        Forge("goes on from fewer entries", room.Recovery(TestRoom.Signed(room.Lost(surviving with { Size = surviving.Size - 1 }), room.Contributors)), room.A.Organisation);
        Forge("too few witnesses", room.Recovery(TestRoom.Signed(room.Lost(surviving, by: [room.A, room.B]), room.Contributors)), room.A.Organisation);

        anew.Accept(room.Recovery(signed), room.A.Organisation);
        foreach (var member in room.WithBroker)
        {
            anew.Accept(new ResumeEntry(room.Room, TestRoom.NewId(), member.Id, 1), member.Organisation);
        }

        var instance = room.NextInstance();
        anew.Accept(anew.InstanceOf(anew.State.LastGeneration + 1, instance), instance);
        foreach (var member in room.WithBroker)
        {
            anew.Accept(anew.ReleaseOf(member, anew.State.LastGeneration), member.Verifier);
        }

        anew.Accept(anew.EpochOf(anew.State.LastEpoch + 1, anew.Cosigned(TestRoom.Start.AddHours(6)), first: anew.State.NextNumber(room.A.Id), time: TestRoom.Start.AddHours(6)), instance);
        return new JsonObject
        {
            ["about"] = "Made by RecoveryVectorTests: a simulated room that goes on after a loss, as somebody sees it who may see all. The keys are test keys and open nothing else.",
            ["room"] = room.Room.ToString(),
            ["genesis"] = room.Genesis.Hash.ToString(),
            ["member"] = room.A.Id.Value,
            ["root"] = surviving.Root.ToString(),
            ["before"] = Array(before),
            ["forged"] = forged,
            ["after"] = Array(anew.Leaves.Skip(before.Count)),
            ["checkpoint"] = anew.Cosigned(TestRoom.Start.AddHours(7)).ToText(),
            ["epoch"] = anew.State.LastEpoch,
            ["generation"] = anew.State.LastGeneration,
            ["lastNumber"] = anew.State.NextNumber(room.A.Id) - 1,
            ["recovery"] = statement.Hash.ToString(),
        };
    }

    private static JsonArray Array(IEnumerable<byte[]> leaves) => [.. leaves.Select(leaf => (JsonNode)Encoding.ASCII.GetString(leaf))];

    private static List<byte[]> Texts(JsonNode list) => [.. list.AsArray().Select(item => Encoding.ASCII.GetBytes(item!.GetValue<string>()))];
}
