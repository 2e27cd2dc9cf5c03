using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using CleanRoom.Cryptography;
using CleanRoom.Notification;
using CleanRoom.Storage.Slots;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>Webhooks and Dapr, against real servers. The answers of Dapr's sidecar are those that its pub/sub API reference documents, and others.</summary>
public sealed class ChannelTests : IDisposable
{
    private const string Room = "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10";
    private const string Member = "lotus-bridge";

    private static readonly byte[] Key = [.. Enumerable.Range(1, 32).Select(i => (byte)i)];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-channels-");

    public ChannelTests() => File.WriteAllText(SecretFile, $"whsec_{Convert.ToBase64String(Key)}\n");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string SecretFile => Path.Combine(_folder.FullName, "secret");

    /// <summary>What, raw, token, answers before the one that counts. Source of the rows: Dapr, Pub/sub API reference, "Publish a message to a given topic".</summary>
    public static TheoryData<string, bool, bool, int[]> Sidecars => new()
    {
        { "204, message delivered, structured CloudEvent", false, false, [] },
        { "204, message delivered, metadata.rawPayload", true, false, [] },
        { "204, message delivered, with the header dapr-api-token", false, true, [] },
        { "204, message delivered, raw with token", true, true, [] },
        { "403, message forbidden by access controls, then delivered", false, false, [403] },
        { "404, no pubsub name or topic given, then delivered", false, false, [404] },
        { "500, delivery failed, then delivered", false, false, [500] },
        { "500 again and again, then delivered", true, false, [500, 500, 500] },
        { "301 to elsewhere is not followed", false, false, [301] },
        { "307 to elsewhere is not followed", true, true, [307] },
        { "429, then 503, then delivered", false, false, [429, 503] },
        { "an answer that no sidecar gives", false, false, [418] },
        { "no answer in time", false, false, [0] },
        { "a body without end", false, false, [-1] },
    };

    [Fact]
    public async Task Webhook_MessagesStored_IsOneSignedEventWithoutContent()
    {
        await using var receiver = await ChannelReceiver.StartAsync();
        await using var app = await StartAsync(Webhook(receiver));
        await PutAsync(app, 1, 4);
        var received = Assert.Single(await receiver.WaitAsync(1, Token));
        Assert.Equal("application/cloudevents+json", received.Headers["Content-Type"]);
        Assert.Equal(ExpectedSignature(received), received.Headers["webhook-signature"]);
        Assert.InRange(long.Parse(received.Headers["webhook-timestamp"], null), DateTimeOffset.UtcNow.ToUnixTimeSeconds() - 60, DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        using var json = JsonDocument.Parse(received.Body);
        Assert.Equal(["data", "datacontenttype", "id", "source", "specversion", "subject", "time", "type"], json.RootElement.EnumerateObject().Select(item => item.Name).Order(StringComparer.Ordinal));
        Assert.Equal(received.Headers["webhook-id"], json.RootElement.GetProperty("id").GetString());
        Assert.Equal($$"""{"room":"{{Room}}","member":"{{Member}}","through":4,"reminder":0}""", json.RootElement.GetProperty("data").GetRawText());
    }

    [Fact]
    public async Task Webhook_ThatFailsAWhile_IsToldWithTheSameIdUntilItTakesIt()
    {
        await using var receiver = await ChannelReceiver.StartAsync(
            ChannelReceiver.Status(500), ChannelReceiver.Status(302), ChannelReceiver.Status(429, "0"), HangAsync, AbortAsync, ChannelReceiver.Status(200));
        await using var app = await StartAsync(Webhook(receiver));
        await PutAsync(app, 1, 4);
        var received = await receiver.WaitAsync(6, Token);
        Assert.Single(received.Select(item => item.Headers["webhook-id"]).Distinct());
        Assert.All(received, item => Assert.Equal(ExpectedSignature(item), item.Headers["webhook-signature"]));

        // The next epoch is another word.
        await PutAsync(app, 5, 4);
        var next = (await receiver.WaitAsync(7, Token))[6];
        Assert.NotEqual(received[0].Headers["webhook-id"], next.Headers["webhook-id"]);
        Assert.Contains("\"through\":8", Encoding.UTF8.GetString(next.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_ServiceRestarted_TellsWhatNobodyAcknowledgedAgainUnderTheSameId()
    {
        await using var receiver = await ChannelReceiver.StartAsync();
        string id;
        await using (var app = await StartAsync(Webhook(receiver)))
        {
            await PutAsync(app, 1, 4);
            id = (await receiver.WaitAsync(1, Token))[0].Headers["webhook-id"];
        }

        await using (var app = await StartAsync(Webhook(receiver)))
        {
            Assert.Equal(id, (await receiver.WaitAsync(2, Token))[1].Headers["webhook-id"]);
            await app.Services.GetRequiredService<ISlotStore>().AcknowledgeAsync(Guid.Parse(Room), Member, 4, Token);
        }

        await using (var app = await StartAsync(Webhook(receiver)))
        {
            await PutAsync(app, 5, 1);
            Assert.Contains("\"through\":5", Encoding.UTF8.GetString((await receiver.WaitAsync(3, Token))[2].Body), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Webhook_NobodyAcknowledges_RemindsAndThenTellsTheEscalation()
    {
        await using var first = await ChannelReceiver.StartAsync();
        await using var escalation = await ChannelReceiver.StartAsync();
        await using var app = await StartAsync(
            [.. Webhook(first), .. Webhook(escalation, 1), "--Channels:Targets:1:After=00:00:00.400", "--Channels:RemindAfter=00:00:00.150", "--Channels:Reminders=2"]);
        await PutAsync(app, 1, 4);
        var received = await first.WaitAsync(3, Token);
        Assert.Equal([0, 1, 2], received.Select(item => JsonDocument.Parse(item.Body).RootElement.GetProperty("data").GetProperty("reminder").GetInt32()));
        Assert.Equal(3, received.Select(item => item.Headers["webhook-id"]).Distinct().Count());
        Assert.Contains("\"through\":4", Encoding.UTF8.GetString((await escalation.WaitAsync(1, Token))[0].Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Webhook_AcknowledgedInTime_TellsNoEscalation()
    {
        await using var first = await ChannelReceiver.StartAsync();
        await using var escalation = await ChannelReceiver.StartAsync();
        await using var app = await StartAsync([.. Webhook(first), .. Webhook(escalation, 1), "--Channels:Targets:1:After=00:00:10"]);
        await PutAsync(app, 1, 4);
        await first.WaitAsync(1, Token);
        await app.Services.GetRequiredService<ISlotStore>().AcknowledgeAsync(Guid.Parse(Room), Member, 4, Token);
        await Task.Delay(TimeSpan.FromSeconds(11), Token);
        Assert.Empty(escalation.Received);
    }

    [Fact]
    public async Task Webhook_Gone_IsNeverToldAgain()
    {
        await using var receiver = await ChannelReceiver.StartAsync(ChannelReceiver.Status(410));
        await using var app = await StartAsync(Webhook(receiver));
        await PutAsync(app, 1, 1);
        await receiver.WaitAsync(1, Token);
        await PutAsync(app, 2, 1);
        await Task.Delay(TimeSpan.FromMilliseconds(500), Token);
        Assert.Single(receiver.Received);
    }

    [Fact]
    public async Task Webhook_OneTargetHangs_TheOtherIsTold()
    {
        await using var slow = await ChannelReceiver.StartAsync(HangAsync);
        await using var good = await ChannelReceiver.StartAsync();
        await using var app = await StartAsync([.. Webhook(slow), .. Webhook(good, 1)]);
        await PutAsync(app, 1, 1);
        Assert.Single(await good.WaitAsync(1, Token));
    }

    [Theory]
    [InlineData("sends elsewhere", 307, "/elsewhere", null)]
    [InlineData("sends to another machine", 302, "https://example.org/", null)]
    [InlineData("asks for a year's patience", 503, null, "31536000")]
    [InlineData("asks for a time that is none", 429, null, "soon")]
    [InlineData("answers with a status that is none", 999, null, null)]
    public async Task Webhook_ThatLies_IsAskedAgainAtItsOwnAddressWithoutWaitingForever(string what, int status, string? location, string? retryAfter)
    {
        await using var receiver = await ChannelReceiver.StartAsync(
            context =>
            {
                context.Response.Headers.Location = location;
                return ChannelReceiver.Status(status, retryAfter)(context);
            },
            ChannelReceiver.Status(200));
        await using var app = await StartAsync(Webhook(receiver));
        await PutAsync(app, 1, 4);
        var received = await receiver.WaitAsync(2, Token);
        Assert.All(received, item => Assert.True(item.Path == "/hook", what));
        Assert.Single(received.Select(item => item.Headers["webhook-id"]).Distinct());
    }

    [Fact]
    public async Task Webhook_ThatSaysYesAndTellsNobody_IsRemindedUntilTheMemberItselfAcknowledges()
    {
        // "Taken" is only what the target says; a body without end behind it holds nothing up.
        await using var receiver = await ChannelReceiver.StartAsync(context => EndlessAsync(context, 200), ChannelReceiver.Status(200));
        await using var app = await StartAsync([.. Webhook(receiver), "--Channels:RemindAfter=00:00:00.200", "--Channels:Reminders=1000"]);
        await PutAsync(app, 1, 4);
        Assert.Equal([0, 1, 2], (await receiver.WaitAsync(3, Token)).Take(3).Select(item => JsonDocument.Parse(item.Body).RootElement.GetProperty("data").GetProperty("reminder").GetInt32()));
    }

    [Theory, MemberData(nameof(Sidecars))]
    public async Task Dapr_WhateverTheSidecarAnswersFirst_GetsTheEventOnce(string what, bool raw, bool token, int[] before)
    {
        await using var sidecar = await ChannelReceiver.StartAsync([.. before.Select(Answer), ChannelReceiver.Status(204)]);
        var tokenFile = Path.Combine(_folder.FullName, "token");
        await File.WriteAllTextAsync(tokenFile, "a token\n", Token);
        await using var app = await StartAsync(
            [
                $"--Channels:Targets:0:Room={Room}", $"--Channels:Targets:0:Member={Member}", $"--Channels:Targets:0:Dapr={sidecar.Address}", "--Channels:Targets:0:PubSub=operators",
                "--Channels:Targets:0:Topic=cleanroom.waiting", $"--Channels:Targets:0:Raw={raw}", .. token ? [$"--Channels:Targets:0:TokenFile={tokenFile}"] : Array.Empty<string>(),
            ]);
        await PutAsync(app, 1, 4);
        var received = await sidecar.WaitAsync(before.Length + 1, Token);
        Assert.True(received.Count == before.Length + 1, what);
        Assert.All(received, item =>
        {
            Assert.Equal("/v1.0/publish/operators/cleanroom.waiting" + (raw ? "?metadata.rawPayload=true" : ""), item.Path);
            Assert.Equal(raw ? "application/json" : "application/cloudevents+json", item.Headers["Content-Type"]);
            Assert.Equal(token ? "a token" : null, item.Headers.GetValueOrDefault("dapr-api-token"));
            using var json = JsonDocument.Parse(item.Body);
            Assert.Equal(4, (raw ? json.RootElement : json.RootElement.GetProperty("data")).GetProperty("through").GetInt64());
            Assert.Equal(raw, !json.RootElement.TryGetProperty("specversion", out var _));
        });
        Assert.Single(received.Select(item => Convert.ToHexString(item.Body)).Distinct());
    }

    [Theory]
    [InlineData("Room must", "Room=x")]
    [InlineData("Member must", "Member=operator")]
    [InlineData("give one of", "Dapr=http://localhost:3500")]
    [InlineData("give one of", "Mail=smtp://localhost:25")]
    [InlineData("Webhook must", "Webhook=http://example.org/hook")]
    [InlineData("Webhook must", "Webhook=https://u:p@example.org/hook")]
    [InlineData("SecretFile must", "SecretFile=/nowhere")]
    [InlineData("After must", "After=-00:00:01")]
    [InlineData("Quiet must", "Quiet=22:00")]
    [InlineData("Quiet must", "Quiet=22:00-22:00")]
    [InlineData("Quiet must", "Quiet=22:00-07:00 Nowhere/Else")]
    public async Task Start_TargetWrong_SaysWhich(string expected, string setting)
    {
        var problem = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(
            [$"--Channels:Targets:0:Room={Room}", $"--Channels:Targets:0:Member={Member}", "--Channels:Targets:0:Webhook=https://example.org/hook", $"--Channels:Targets:0:SecretFile={SecretFile}", "--Channels:Targets:0:" + setting]));
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.Contains("Channels:Targets:0", problem.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Func<HttpContext, Task> Answer(int status) => status switch
    {
        0 => HangAsync,
        -1 => context => EndlessAsync(context, 500),
        301 or 307 => context =>
        {
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        }
        ,
        _ => ChannelReceiver.Status(status),
    };

    private static Task HangAsync(HttpContext context) => Task.Delay(Timeout.Infinite, context.RequestAborted);

    private static Task AbortAsync(HttpContext context)
    {
        context.Abort();
        return Task.CompletedTask;
    }

    private static async Task EndlessAsync(HttpContext context, int status)
    {
        context.Response.StatusCode = status;
        while (!context.RequestAborted.IsCancellationRequested)
        {
            await context.Response.Body.WriteAsync(new byte[4096], context.RequestAborted);
        }
    }

    private static string ExpectedSignature(Received received)
    {
        byte[] signed = [.. Encoding.UTF8.GetBytes($"{received.Headers["webhook-id"]}.{received.Headers["webhook-timestamp"]}."), .. received.Body];
        return "v1," + Convert.ToBase64String(HMACSHA256.HashData(Key, signed));
    }

    private static Task<SlotPut> PutAsync(WebApplication app, long first, int count) => app.Services.GetRequiredService<ISlotStore>().PutAsync(
        Guid.Parse(Room),
        [.. Enumerable.Range(0, count).Select(i => new SlotFrame(Member, first + i, "header", new byte[] { 1, (byte)(first + i) }, [Digest.Of("x"u8)]))],
        Token);

    private string[] Webhook(ChannelReceiver receiver, int index = 0) =>
    [
        $"--Channels:Targets:{index}:Room={Room}", $"--Channels:Targets:{index}:Member={Member}", $"--Channels:Targets:{index}:Webhook={receiver.Address}/hook", $"--Channels:Targets:{index}:SecretFile={SecretFile}",
    ];

    private async Task<WebApplication> StartAsync(string[] settings)
    {
        // Channels need the store alone: there is no ingestion in these tests.
        var app = NotificationHost.Build(
            [
                "--Server:DataFolder=" + Path.Combine(_folder.FullName, "data"), "--Notification:IngestionAddress=https://127.0.0.1:1", "--Notification:IngestionKey=spki-sha256:" + new string('A', 43),
                "--Channels:Gather=00:00:00.100", "--Channels:AttemptTimeout=00:00:05", "--Channels:FirstPause=00:00:00.020", "--Channels:LongestPause=00:00:00.200", .. settings,
            ]);
        await app.StartAsync(Token);
        return app;
    }
}
