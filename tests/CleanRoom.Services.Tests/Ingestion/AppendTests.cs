using System.Text;
using CleanRoom.Charter.Log;
using CleanRoom.Cryptography;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Services.Tests.Rooms;
using CleanRoom.Transport;
using Google.Protobuf;

namespace CleanRoom.Services.Tests.Ingestion;

public sealed class AppendTests(SharedIngestion ingestion, WitnessServers witnesses)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Append_MoreEntriesThanAMemberMay_AreRefusedForThatMemberInThatRoomOnly()
    {
        await using var server = await IngestionServer.StartAsync("--Ingestion:EntriesPerMinute=8");
        using var room = await LogRoom.OpenAsync(server, witnesses);
        using var other = await LogRoom.OpenAsync(server, witnesses);

        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () =>
        {
            for (var i = 0; i < 200; i++)
            {
                await AppendAsync(room, room.Beta);
            }
        });

        Assert.Equal((ErrorReason.RateLimited, TimeSpan.FromMinutes(1) / 8), (refusal.Reason, refusal.RetryAfter));
        await AppendAsync(room, room.Gamma);
        await AppendAsync(other, other.Beta);

        // Once only: what the client repeats when it is told to wait would wait for its turn here.
        static async Task AppendAsync(LogRoom room, Party party)
        {
            using var channel = PinnedChannel.Create(room.Server.Address, room.Server.Pin, party.Transport, new PinnedChannelOptions { MaxAttempts = 1 });
            await new IngestionService.IngestionServiceClient(channel.CallInvoker).AppendAsync(
                new AppendRequest { Room = room.Text, Leaf = ByteString.CopyFrom(new FreezeEntry(room.Id, Party.NewId(), party.Id, true).Sign(party.Approver)) }, cancellationToken: Token);
        }
    }

    [Fact]
    public async Task Append_Genesis_CreatesARoomThatAQuorumCosigns()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, joined: false);
        var reader = await room.CosignedAsync(1);
        Assert.Equal(room.Charter.Hash, reader.State.Charter!.Hash);
        Assert.True(reader.Checkpoint!.Cosignatures >= 3);
    }

    [Fact]
    public async Task Append_SameLeafAgain_AnswersTheFirstIndex()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, joined: false);
        var genesis = await room.AppendAsync(room.Alpha.TransportPerson());
        Assert.Equal((1UL, false), (genesis.Index, genesis.Existed));
        var leaf = room.Alpha.Person("uploader", room.Alpha.Uploader.PublicKey, PersonRoles.Uploader);
        Assert.Equal((2UL, false), await Answer(room, leaf));
        await room.AppendAsync(room.Beta.TransportPerson());
        Assert.Equal((2UL, true), await Answer(room, leaf));
    }

    [Fact]
    public async Task Append_SameGenesisAgain_IsTheSameRoomAndAnotherIsRefused()
    {
        using var room = new LogRoom(ingestion.Server, witnesses);
        var genesis = room.Genesis();
        Assert.False((await room.AppendAsync(genesis)).Existed);
        Assert.True((await room.AppendAsync(genesis)).Existed);
        await Refused.WithAsync(ErrorReason.AlreadyExists, () => room.AppendAsync(room.Genesis()));
    }

    [Fact]
    public async Task Append_GenesisThatOneContributorHasNotSigned_IsRefusedByName()
    {
        using var room = new LogRoom(ingestion.Server, witnesses);
        var refusal = await Refused.WithAsync(ErrorReason.CharterNotInForce, () => room.AppendAsync(room.Genesis(without: "beta")));
        Assert.Contains("beta", refusal.Message, StringComparison.Ordinal);
        await Refused.WithAsync(ErrorReason.UnknownRoom, () => room.AppendAsync(room.Alpha.TransportPerson()));
    }

    [Fact]
    public async Task Append_GenesisOfAnotherOperator_IsRefused()
    {
        using var key = SigningKey.Generate();
        using var room = new LogRoom(ingestion.Server, witnesses, operatorKey: key.PublicKey);
        await Refused.WithAsync(ErrorReason.CharterInvalid, () => room.AppendAsync(room.Genesis()));
    }

    public static TheoryData<string, ErrorReason> Bad => new()
    {
        { "empty", ErrorReason.EntryInvalid },
        { "text", ErrorReason.EntryInvalid },
        { "truncated", ErrorReason.EntryInvalid },
        { "flipped bit", ErrorReason.SignatureInvalid },
        { "white space", ErrorReason.EntryInvalid },
        { "other room", ErrorReason.EntryInvalid },
        { "unknown member", ErrorReason.UnknownMember },
        { "other organisation", ErrorReason.UnknownKey },
        { "role missing", ErrorReason.RoleMissing },
        { "key used", ErrorReason.AlreadyExists },
        { "same id", ErrorReason.AlreadyExists },
        { "period skipped", ErrorReason.FailedPrecondition },
        { "revoked person", ErrorReason.UnknownKey },
        { "batch", ErrorReason.InvalidArgument },
        { "tombstone of another's batch", ErrorReason.NotFound },
        { "version 3", ErrorReason.CharterNotInForce },
    };

    [Theory]
    [MemberData(nameof(Bad))]
    public async Task Append_BadEntry_IsRefusedWithItsReasonAndLeavesNothing(string what, ErrorReason expected)
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses);
        using var other = new LogRoom(ingestion.Server, witnesses);
        using var key = SigningKey.Generate();
        using var hpke = HpkePrivateKey.Generate();
        var good = room.Alpha.Person("x", key.PublicKey, PersonRoles.Approver);
        var leaf = what switch
        {
            "empty" => [],
            "text" => "not a JWS"u8.ToArray(),
            "truncated" => good[..^10],
            "flipped bit" => Flip(good),
            "white space" => [.. good, (byte)'\n'],
            "other room" => other.Alpha.Person("x", key.PublicKey, PersonRoles.Approver),
            "unknown member" => new PersonEntry(room.Id, Party.NewId(), CleanRoom.Charter.MemberId.Parse("mallory"), false, "x", key.PublicKey, PersonRoles.Approver).Sign(key),
            "other organisation" => room.Alpha.Person("x", key.PublicKey, PersonRoles.Approver, room.Beta.Organisation),
            "role missing" => room.Alpha.Key(KeyPurpose.Record, 2, hpke.PublicKey, room.Alpha.Uploader),
            "key used" => room.Alpha.Person("x", room.Beta.Approver.PublicKey, PersonRoles.Approver),
            "same id" => await SameIdAsync(room, key),
            "period skipped" => room.Alpha.Key(KeyPurpose.Record, 3, hpke.PublicKey),
            "revoked person" => await RevokedAsync(room, hpke),
            "batch" => room.Batch().Leaf,
            "tombstone of another's batch" => await TombstoneAsync(room),
            _ => Version(room, 3),
        };
        var size = await SizeAsync(room);
        await Refused.WithAsync(expected, () => room.AppendAsync(leaf));
        Assert.Equal(size, await SizeAsync(room));
    }

    [Fact]
    public async Task Append_LeafLargerThanTheMessageLimit_IsRefusedAndTheServiceGoesOn()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, joined: false);
        await Refused.WithAsync(ErrorReason.EntryInvalid, () => room.AppendAsync(new byte[(256 << 10) + 1]));
        var channel = PinnedChannel.Create(room.Server.Address, room.Server.Pin, room.Alpha.Transport, new PinnedChannelOptions { MaxSendBytes = 64 << 20 });
        using (channel)
        {
            await Refused.WithAsync(ErrorReason.ResourceExhausted, async () => await new IngestionService.IngestionServiceClient(channel.CallInvoker).AppendAsync(
                new AppendRequest { Room = room.Text, Leaf = ByteString.CopyFrom(new byte[8 << 20]) }, cancellationToken: Token));
        }

        await room.AppendAsync(room.Alpha.TransportPerson());
    }

    [Theory]
    [InlineData("")]
    [InlineData("5F1B6F0E-2F0C-4D57-9A58-0F3B8F1F7F10")]
    [InlineData("../../etc")]
    public async Task AnyCall_MalformedRoomId_IsInvalid(string id)
    {
        using var room = new LogRoom(ingestion.Server, witnesses);
        await Refused.WithAsync(ErrorReason.InvalidArgument, async () => await room.Client().GetCheckpointAsync(new GetCheckpointRequest { Room = id }, cancellationToken: Token));
    }

    [Fact]
    public async Task Append_ByManyClientsAtOnce_LosesAndDoublesNothing()
    {
        using var room = await LogRoom.OpenAsync(ingestion.Server, witnesses, joined: false);
        var keys = Enumerable.Range(0, 40).Select(_ => SigningKey.Generate()).ToArray();
        var leaves = keys.Select((key, i) => room.Parties[i % 4].Person($"p{i}", key.PublicKey, PersonRoles.Officer)).ToArray();
        var answers = await Task.WhenAll(leaves.Concat(leaves).Select(leaf => Task.Run(() => room.AppendAsync(leaf))));
        Assert.Equal(Enumerable.Range(1, 40).Select(i => (ulong)i), answers.Select(answer => answer.Index).Distinct().Order());
        Assert.Equal(40, answers.Count(answer => !answer.Existed));
        Assert.Equal(41, (await room.CosignedAsync(41)).Checkpoint!.Size);
        foreach (var key in keys)
        {
            key.Dispose();
        }
    }

    private static async Task<(ulong Index, bool Existed)> Answer(LogRoom room, byte[] leaf)
    {
        var answer = await room.AppendAsync(leaf);
        return (answer.Index, answer.Existed);
    }

    private static byte[] Flip(byte[] leaf)
    {
        // In the signature, in a character whose bits all count.
        var flipped = (byte[])leaf.Clone();
        var at = flipped.Length - 20;
        flipped[at] = flipped[at] == (byte)'A' ? (byte)'B' : (byte)'A';
        return flipped;
    }

    private static async Task<byte[]> SameIdAsync(LogRoom room, SigningKey key)
    {
        var id = Party.NewId();
        using var first = SigningKey.Generate();
        await room.AppendAsync(new PersonEntry(room.Id, id, room.Alpha.Id, false, "y", first.PublicKey, PersonRoles.Officer).Sign(room.Alpha.Organisation));
        return new PersonEntry(room.Id, id, room.Alpha.Id, false, "x", key.PublicKey, PersonRoles.Officer).Sign(room.Alpha.Organisation);
    }

    private static async Task<byte[]> RevokedAsync(LogRoom room, HpkePrivateKey key)
    {
        await room.AppendAsync(room.Alpha.Person("approver", room.Alpha.Approver.PublicKey, PersonRoles.None, revoke: true));
        return room.Alpha.Key(KeyPurpose.Record, 2, key.PublicKey);
    }

    private static async Task<byte[]> TombstoneAsync(LogRoom room)
    {
        var batch = room.Batch();
        await batch.UploadAsync();
        return new TombstoneEntry(room.Id, Party.NewId(), room.Beta.Id, [new RecordSlot(batch.Id, 0)]).Sign(room.Beta.Uploader);
    }

    private static byte[] Version(LogRoom room, int version)
    {
        var draft = CleanRoom.Charter.CharterDraft.After(room.Charter);
        var text = Encoding.UTF8.GetString(draft.ToBytes()).Replace("\"version\":2", $"\"version\":{version}", StringComparison.Ordinal);
        Assert.True(CleanRoom.Charter.CharterDraft.TryParse(Encoding.UTF8.GetBytes(text), out var changed));
        Assert.True(changed.TryBuild(out var charter, out _));
        return new CharterEntry(room.Id, Party.NewId(), room.Alpha.Id, CleanRoom.Charter.SignedCharter.Begin(charter)).Sign(room.Alpha.Organisation);
    }

    /// <summary>Size by the index of an entry that is known to be accepted.</summary>
    private static async Task<long> SizeAsync(LogRoom room)
    {
        var refusal = await Assert.ThrowsAsync<CleanRoomException>(async () => await room.Client().GetInclusionAsync(
            new GetInclusionRequest { Room = room.Text, Index = 1UL << 40 }, cancellationToken: Token));
        Assert.Equal(ErrorReason.OutOfRange, refusal.Reason);
        return long.Parse(new string([.. refusal.Message.Where(char.IsAsciiDigit)]), System.Globalization.CultureInfo.InvariantCulture);
    }
}
