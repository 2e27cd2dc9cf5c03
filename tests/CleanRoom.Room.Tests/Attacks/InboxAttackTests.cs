using System.Text;
using CleanRoom.Client.Inbox;
using CleanRoom.Demo;
using CleanRoom.Protocol.Notification.V1;
using CleanRoom.Room.Tests.Rooms;
using Google.Protobuf;
using Microsoft.Data.Sqlite;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>THREATS T16: what a member of a whole room sees when the operator drops, delays, reorders, repeats, swaps or replays what the enclave has sent.</summary>
[Collection(SilentRoomTests.Name)]
public sealed class InboxAttackTests(SilentRoom silent)
{
    private const string Victim = SilentRoom.Victim;

    /// <summary>What is done; the alarm; the number that it names, counted from the first frame or from behind.</summary>
    public static TheoryData<string, InboxAlarm?, int> Attacks => new()
    {
        { "nothing", null, 0 },
        { "each message twice", null, 0 },
        { "an old epoch again behind the newest", null, 0 },
        { "the newest message dropped", InboxAlarm.MessageSuppressed, -1 },
        { "the newest epoch dropped", InboxAlarm.MessageSuppressed, -8 },
        { "an old epoch in place of the newest", InboxAlarm.MessageSuppressed, -8 },
        { "everything dropped", InboxAlarm.MessageSuppressed, 1 },
        { "one in the middle dropped", InboxAlarm.NumberMissing, 6 },
        { "the head of an epoch dropped", InboxAlarm.NumberMissing, 9 },
        { "two swapped", InboxAlarm.NumberMissing, 3 },
        { "the newest first", InboxAlarm.NumberMissing, 1 },
        { "another member's first", InboxAlarm.NotForUs, 1 },
        { "another member's under a number that was taken", InboxAlarm.OtherContent, 1 },
        { "ciphertexts of two messages swapped", InboxAlarm.NotInEpoch, 2 },
        { "a flipped bit", InboxAlarm.NotInEpoch, 2 },
        { "the audit path of another", InboxAlarm.NotInEpoch, 2 },
        { "another number in the header", InboxAlarm.WrongSigner, 2 },
        { "another epoch in the header", InboxAlarm.UnknownEpoch, 2 },
        { "no header", InboxAlarm.NotForUs, 0 },
    };

    [Theory, MemberData(nameof(Attacks))]
    public async Task Inbox_UnderAttack_AlarmsWithItsReasonAndBelievesNothingBehind(string what, InboxAlarm? expected, int number)
    {
        var own = silent.Frames[Victim];
        var other = silent.Frames[SmallCases.Contributors[0]];
        var (n, slots) = (own.Count, silent.Slots);
        Assert.True(n >= 3 * slots, $"{n} frames");
        IEnumerable<Frame> sent = what switch
        {
            "nothing" => own,
            "each message twice" => own.SelectMany(frame => new[] { frame, frame }),
            "an old epoch again behind the newest" => own.Concat(own.Take(slots)),
            "the newest message dropped" => own.Take(n - 1),
            "the newest epoch dropped" => own.Take(n - slots),
            "an old epoch in place of the newest" => own.Take(n - slots).Concat(own.Take(slots)),
            "everything dropped" => [],
            "one in the middle dropped" => own.Take(5).Concat(own.Skip(6)),
            "the head of an epoch dropped" => own.Take(slots).Concat(own.Skip(slots + 1)),
            "two swapped" => [own[0], own[1], own[3], own[2], .. own.Skip(4)],
            "the newest first" => own.Reverse(),
            "another member's first" => other,
            "another member's under a number that was taken" => [own[0], other[0], .. own.Skip(1)],
            "ciphertexts of two messages swapped" => Second(frame => frame.Ciphertext = own[2].Ciphertext),
            "a flipped bit" => Second(frame => frame.Ciphertext = Flipped(frame.Ciphertext)),
            "the audit path of another" => Second(frame =>
            {
                frame.Path.Clear();
                frame.Path.Add(own[2].Path);
            }),
            "another number in the header" => Second(frame => frame.Header = Edited(own[2].Header, "\"number\":3", "\"number\":2")),
            "another epoch in the header" => Second(frame => frame.Header = Edited(frame.Header, "\"epoch\":1", "\"epoch\":9999")),
            "no header" => Second(frame => frame.Header = "x"),
            _ => throw new ArgumentOutOfRangeException(nameof(what)),
        };
        await using var hostile = await HostileNotification.StartAsync(silent.Room.Demo.Folder("notification"), [.. sent]);
        using var room = await silent.ConnectUnreadAsync(Victim, hostile.Address);
        var events = await SilentRoom.ReadAsync(room);

        var received = events.OfType<InboxEvent.Received>().ToList();
        Assert.Equal(Enumerable.Range(1, received.Count).Select(i => (long)i), received.Select(item => item.Message.Number));
        Assert.All(received, item => Assert.True(item.Message.Simulated));
        if (expected is null)
        {
            Assert.Equal(n, events.Count);
            Assert.Equal(n, received.Count);
        }
        else
        {
            var alarm = Assert.IsType<InboxEvent.Alarm>(Assert.Single(events, item => item is InboxEvent.Alarm));
            Assert.True(expected == alarm.Reason, alarm.Text);
            Assert.Equal(number < 0 ? n + 1 + number : number, alarm.Number);
            Assert.Same(alarm, events[^1]);
        }

        IEnumerable<Frame> Second(Action<Frame> change)
        {
            var changed = own[1].Clone();
            change(changed);
            return [own[0], changed, .. own.Skip(2)];
        }
    }

    [Fact]
    public async Task Inbox_MessagesHeldBack_AlarmsWhileItWaitsAndTakesThemWhenTheyCome()
    {
        var release = new TaskCompletionSource();
        var own = silent.Frames[Victim];
        await using var hostile = await HostileNotification.StartAsync(silent.Room.Demo.Folder("notification"), own, release.Task);
        using var room = await silent.ConnectUnreadAsync(Victim, hostile.Address);
        var options = new InboxOptions { DeliveryGrace = TimeSpan.Zero, LeastSilence = TimeSpan.FromHours(1), CheckInterval = TimeSpan.FromMilliseconds(200) };
        var events = new List<InboxEvent>();
        await foreach (var item in new InboxReader(room, options).ReadAsync(follow: true, WholeRoom.Token))
        {
            events.Add(item);
            _ = release.TrySetResult();
            if (events.Count == own.Count + 1)
            {
                break;
            }
        }

        Assert.Equal(InboxAlarm.MessageSuppressed, Assert.IsType<InboxEvent.Alarm>(events[0]).Reason);
        Assert.All(events.Skip(1), item => Assert.IsType<InboxEvent.Received>(item));
    }

    [Fact]
    public async Task Inbox_EnclaveSilentForTwoEpochs_Alarms()
    {
        using var room = await silent.ConnectUnreadAsync(Victim, null);
        var events = await SilentRoom.ReadAsync(room, new InboxOptions { DeliveryGrace = TimeSpan.FromHours(1), LeastSilence = TimeSpan.FromSeconds(2) });
        Assert.Equal(InboxAlarm.EpochMissing, Assert.IsType<InboxEvent.Alarm>(events[^1]).Reason);
        Assert.Equal(silent.Frames[Victim].Count, events.Count - 1);
    }

    /// <summary>The real service over a database that somebody has edited or restored.</summary>
    [Theory]
    [InlineData("DELETE FROM frame WHERE number > 8", InboxAlarm.MessageSuppressed)]
    [InlineData("DELETE FROM frame WHERE number = 4", InboxAlarm.NumberMissing)]
    [InlineData("UPDATE frame SET number = -number; UPDATE frame SET number = number + 100000", InboxAlarm.NumberMissing)]
    [InlineData("UPDATE frame SET recipient = 'x' WHERE recipient = 'sample-police'; UPDATE frame SET recipient = 'sample-police' WHERE recipient = 'alpha-house'", InboxAlarm.NotForUs)]
    [InlineData("UPDATE frame SET ciphertext = zeroblob(length(ciphertext)) WHERE number = 2", InboxAlarm.NotInEpoch)]
    public async Task Inbox_OfAnEditedDatabase_AlarmsWithItsReason(string sql, InboxAlarm expected)
    {
        var copy = Directory.CreateTempSubdirectory("cleanroom-edited-");
        try
        {
            SilentRoom.CopyFolder(silent.Room.Demo.Folder("notification"), copy.FullName);
            await using (var database = new SqliteConnection($"Data Source={Directory.EnumerateFiles(copy.FullName, "*.db").Single()};Pooling=False"))
            {
                await database.OpenAsync(WholeRoom.Token);
                await using var command = database.CreateCommand();
#pragma warning disable CA2100 // The statements stand above.
                command.CommandText = sql;
#pragma warning restore CA2100
                Assert.True(await command.ExecuteNonQueryAsync(WholeRoom.Token) > 0);
            }

            var ingestion = silent.Room.Demo.Charter.Operator.Ingestion;
            await using var services = new InProcessServices();
            var edited = await services.StartAsync(
                ServiceKind.Notification, "notification", copy.FullName,
                [$"--Notification:IngestionAddress={ingestion.Endpoint}", $"--Notification:IngestionKey={ingestion.Tls}"], WholeRoom.Token);
            using var room = await silent.ConnectUnreadAsync(Victim, edited.Address);
            var events = await SilentRoom.ReadAsync(room);
            Assert.Equal(expected, Assert.IsType<InboxEvent.Alarm>(events[^1]).Reason);
        }
        finally
        {
            copy.Delete(recursive: true);
        }
    }

    private static ByteString Flipped(ByteString ciphertext)
    {
        var bytes = ciphertext.ToByteArray();
        bytes[100] ^= 1;
        return ByteString.CopyFrom(bytes);
    }

    /// <summary>Changes the payload of a signed header; the signature stays what it was.</summary>
    private static string Edited(string header, string old, string replacement)
    {
        var parts = header.Split('.');
        var payload = Encoding.UTF8.GetString(System.Buffers.Text.Base64Url.DecodeFromChars(parts[1]));
        Assert.Contains(old, payload, StringComparison.Ordinal);
        parts[1] = System.Buffers.Text.Base64Url.EncodeToString(Encoding.UTF8.GetBytes(payload.Replace(old, replacement, StringComparison.Ordinal)));
        return string.Join('.', parts);
    }
}
