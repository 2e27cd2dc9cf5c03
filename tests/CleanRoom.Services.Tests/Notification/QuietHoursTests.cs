using System.Text.Json;
using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Client.Inbox;
using CleanRoom.Cryptography;
using CleanRoom.Notification;
using CleanRoom.Notification.Channels;
using CleanRoom.Notification.Channels.Webhooks;
using CleanRoom.Storage.Slots;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>Nobody is woken but for a risk to life, and nothing is lost by waiting.</summary>
public sealed class QuietHoursTests : IDisposable
{
    private static readonly RoomId Room = RoomId.Parse("5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10");
    private static readonly MemberId Member = MemberId.Parse("lotus-bridge");
    private static readonly DateTimeOffset Night = new(2026, 6, 1, 23, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset Morning = new(2026, 6, 2, 7, 0, 0, TimeSpan.Zero);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-quiet-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static TheoryData<string, string, string, string> Hours => new()
    {
        { "before them", "22:00-07:00", "2026-06-01T21:59:59Z", "2026-06-01T21:59:59Z" },
        { "as they begin", "22:00-07:00", "2026-06-01T22:00:00Z", "2026-06-02T07:00:00Z" },
        { "after midnight", "22:00-07:00", "2026-06-02T03:00:00Z", "2026-06-02T07:00:00Z" },
        { "as they end", "22:00-07:00", "2026-06-02T07:00:00Z", "2026-06-02T07:00:00Z" },
        { "in the day", "12:00-13:30", "2026-06-02T13:00:00Z", "2026-06-02T13:30:00Z" },
        { "by the people's clock, not the machine's", "22:00-07:00 Asia/Bangkok", "2026-06-01T16:00:00Z", "2026-06-02T00:00:00Z" },
        { "by the people's clock, in their day", "22:00-07:00 Asia/Bangkok", "2026-06-02T01:00:00Z", "2026-06-02T01:00:00Z" },
        { "an end that the clock jumps over", "22:00-02:30 Europe/Berlin", "2026-03-28T23:00:00Z", "2026-03-29T01:00:00Z" },
        { "a night that is an hour longer", "22:00-07:00 Europe/Berlin", "2026-10-24T21:00:00Z", "2026-10-25T06:00:00Z" },
    };

    [Theory, MemberData(nameof(Hours))]
    public void After_ATime_IsWhenSomebodyMayBeWoken(string what, string hours, string now, string expected)
    {
        Assert.True(QuietHours.TryParse(hours, out var quiet), what);
        Assert.Equal(Time(expected), quiet.After(Time(now)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("22:00")]
    [InlineData("22:00-22:00")]
    [InlineData("22:00-25:00")]
    [InlineData("22:00-7:00")]
    [InlineData("22:00-07:00 ")]
    [InlineData("22:00-07:00 ../../etc/passwd")]
    [InlineData("22:00-07:00-08:00")]
    public void TryParse_SomethingElse_IsRefused(string text) => Assert.False(QuietHours.TryParse(text, out _));

    [Fact]
    public void RingPlan_ARiskToLife_RingsAtOnceAndEverythingElseInTheMorning()
    {
        Assert.True(QuietHours.TryParse("22:00-07:00", out var quiet));
        Assert.Equal(new RingPlan(Night, null, null), RingPlan.For(Notice(RoomMessage.RiskToLife), Night, quiet));
        Assert.Equal(new RingPlan(Morning, null, null), RingPlan.For(Notice("INTEL_ONLY"), Night, quiet));
        Assert.Equal(new RingPlan(Night, null, null), RingPlan.For(Notice("INTEL_ONLY"), Night, null));
        Assert.Null(RingPlan.For(new RoomMessage.Empty(), Night, quiet));
        Assert.Null(RingPlan.For(new RoomMessage.Head(true, new LogPosition(1, Digest.Of([1])), 8), Night, quiet));

        // Eight days to act: a reminder with two left, the next person at the end; neither at night.
        var due = Notice("INTEL_ONLY") with { AnswerBy = Night.AddDays(8) };
        Assert.Equal(new RingPlan(Morning, Morning.AddDays(6), Morning.AddDays(8)), RingPlan.For(due, Night, quiet));
        Assert.Equal(new RingPlan(Night, Night.AddDays(6), Night.AddDays(8)), RingPlan.For(due with { Handling = [RoomMessage.RiskToLife] }, Night, quiet));
        Assert.Equal(new RingPlan(Morning, null, null), RingPlan.For(due with { AnswerBy = Night.AddDays(-1) }, Night, quiet));
    }

    [Fact]
    public async Task Tell_InQuietHours_IsOneWordInTheMorning_AndNoneIfSomebodyHasReadIt()
    {
        await using var receiver = await ChannelReceiver.StartAsync();
        await using var loud = await ChannelReceiver.StartAsync();
        await using var app = NotificationHost.Build(
            ["--Server:DataFolder=" + _folder.FullName, "--Notification:IngestionAddress=https://127.0.0.1:1", "--Notification:IngestionKey=spki-sha256:" + new string('A', 43)]);
        var slots = app.Services.GetRequiredService<ISlotStore>();
        var clock = new SteppedClock(Night);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        Assert.True(QuietHours.TryParse("22:00-07:00", out var quiet));
        Task[] running = [Run(receiver, quiet), Run(loud, null)];
        await PutAsync(slots, 1, 4);
        Assert.Equal((4, Night.Date), await FirstAsync(loud, 1));
        await PutAsync(slots, 5, 4);
        Assert.Equal((8, Morning.Date), await FirstAsync(receiver, 1));
        Assert.Single(receiver.Received);

        // The next night somebody reads what came: the morning says nothing of it.
        await StepUntilAsync(() => clock.Now > Night.AddDays(1));
        await PutAsync(slots, 9, 1);
        await StepUntilAsync(() => loud.Received.Any(item => Through(item) == 9));
        _ = await slots.AcknowledgeAsync(Guid.Parse(Room.ToString()), Member.Value, 9, Token);
        await StepUntilAsync(() => clock.Now > Morning.AddDays(1).AddHours(1));
        await PutAsync(slots, 10, 1);
        await StepUntilAsync(() => receiver.Received.Any(item => Through(item) == 10));
        Assert.DoesNotContain(receiver.Received, item => Through(item) == 9);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Task.WhenAll(running));

        Task Run(ChannelReceiver target, QuietHours? hours) => new Herald(
            Room, Member, TimeSpan.Zero, hours, new WebhookChannel(new Uri(target.Address + "/hook"), Secret(), app.Services.GetRequiredService<ChannelHttp>(), clock), slots,
            new ChannelOptions { RemindAfter = TimeSpan.Zero }, clock, NullLogger.Instance).RunAsync(stop.Token);

        async Task<(long, DateTime)> FirstAsync(ChannelReceiver target, int count)
        {
            await StepUntilAsync(() => target.Received.Count >= count);
            using var json = JsonDocument.Parse(target.Received.First().Body);
            return (Through(target.Received.First()), json.RootElement.GetProperty("time").GetDateTimeOffset().UtcDateTime.Date);
        }

        Task StepUntilAsync(Func<bool> condition) => clock.StepUntilAsync(condition, TimeSpan.FromMinutes(1), sleepers: 2, Token);
    }

    [Fact]
    public async Task Tell_ATargetGoneForADay_IsToldOnceUnderTheIdOfTheFirstAttempt()
    {
        var back = false;
        var taken = 0;
        await using var receiver = await ChannelReceiver.StartAsync(AnswerAsync);
        await using var app = NotificationHost.Build(
            ["--Server:DataFolder=" + _folder.FullName, "--Notification:IngestionAddress=https://127.0.0.1:1", "--Notification:IngestionKey=spki-sha256:" + new string('A', 43)]);
        var slots = app.Services.GetRequiredService<ISlotStore>();
        var clock = new SteppedClock(Night);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var running = new Herald(
            Room, Member, TimeSpan.Zero, null, new WebhookChannel(new Uri(receiver.Address + "/hook"), Secret(), app.Services.GetRequiredService<ChannelHttp>(), clock), slots,
            new ChannelOptions { RemindAfter = TimeSpan.Zero }, clock, NullLogger.Instance).RunAsync(stop.Token);
        await PutAsync(slots, 1, 4);
        await StepUntilAsync(() => clock.Now > Night.AddDays(1));
        Assert.InRange(receiver.Received.Count, 1, 63);
        Volatile.Write(ref back, true);
        await StepUntilAsync(() => Volatile.Read(ref taken) > 0);
        Assert.Single(receiver.Received.Select(item => item.Headers["webhook-id"]).Distinct());

        // Half a day later nothing more was said of it.
        var until = clock.Now.AddHours(12);
        await StepUntilAsync(() => clock.Now > until);
        Assert.Equal(1, Volatile.Read(ref taken));
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => running);

        Task AnswerAsync(HttpContext context)
        {
            context.Response.StatusCode = Volatile.Read(ref back) && Interlocked.Increment(ref taken) > 0 ? 204 : 503;
            return Task.CompletedTask;
        }

        Task StepUntilAsync(Func<bool> condition) => clock.StepUntilAsync(condition, TimeSpan.FromMinutes(2), sleepers: 1, Token);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static long Through(Received item) => JsonDocument.Parse(item.Body).RootElement.GetProperty("data").GetProperty("through").GetInt64();

    private WebhookSecret Secret()
    {
        var file = Path.Combine(_folder.FullName, "secret");
        File.WriteAllText(file, $"whsec_{Convert.ToBase64String(new byte[32])}\n");
        return WebhookSecret.TryRead(file, out var secret) ? secret : throw new InvalidOperationException("The secret is one.");
    }

    private static Task<SlotPut> PutAsync(ISlotStore slots, long first, int count) => slots.PutAsync(
        Guid.Parse(Room.ToString()), [.. Enumerable.Range(0, count).Select(i => new SlotFrame(Member.Value, first + i, "header", new byte[] { 1 }, [Digest.Of("x"u8)]))], Token);

    private static RoomMessage.Notice Notice(string handling) => new(
        "AAAAAAAAAAAAAAAAAAAAAA", "SamePhone", Charter.Queries.MatchStrength.Exact, [], "2", [new Desk(Member, "desk")], "2 D C", [handling], Night.AddDays(180));

    private static DateTimeOffset Time(string text) => DateTimeOffset.Parse(text, System.Globalization.CultureInfo.InvariantCulture);
}
