using System.Net;
using System.Net.Sockets;
using System.Text;
using CleanRoom.Cryptography;
using CleanRoom.Notification;
using CleanRoom.Storage.Slots;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace CleanRoom.Services.Tests.Notification;

/// <summary>The e-mail channel against servers that say what RFC 5321 has them say, and what it has not. A real server is in web/inbox/test/room.test.ts.</summary>
public sealed class MailTests : IDisposable
{
    private const string Room = "5f1b6f0e-2f0c-4d57-9a58-0f3b8f1f7f10";
    private const string Member = "lotus-bridge";

    private static readonly string[] Good = ["220 hello", "250-me\r\n250-AUTH LOGIN PLAIN\r\n250 8BITMIME", "235 in", "250 from", "250 to", "354 go", "250 taken", "221 bye"];

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-mail-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string PasswordFile => Path.Combine(_folder.FullName, "password");

    /// <summary>What, and what the server says in the first conversation. It says what is good in the second.</summary>
    public static TheoryData<string, string[]> Hostile => new()
    {
        { "no reply at all", [] },
        { "service not available", ["421 later"] },
        { "greets with a refusal", ["554 no"] },
        { "no reply but words", ["hello"] },
        { "a code of two digits", ["22 hello"] },
        { "a code and no blank", ["220hello"] },
        { "a line without end", [new string('2', 5000)] },
        { "lines without end", [string.Concat(Enumerable.Repeat("220-more\r\n", 200)) + "220 end"] },
        { "does not know EHLO", ["220 hello", "502 what"] },
        { "offers no AUTH", ["220 hello", "250 me"] },
        { "offers only what it must not have", ["220 hello", "250-me\r\n250 AUTH CRAM-MD5 PLAINER"] },
        { "another password", [.. Good[..2], "535 no"] },
        { "does not want the sender", [.. Good[..3], "550 no"] },
        { "no such mailbox", [.. Good[..4], "550 no such user"] },
        { "mailbox full", [.. Good[..4], "452 later"] },
        { "forwards elsewhere", [.. Good[..4], "251 will forward"] },
        { "no data", [.. Good[..5], "451 later"] },
        { "takes it for spam", [.. Good[..6], "554 no"] },
        { "goes away before it says that it took it", Good[..6] },
        { "says a second thing in one breath", ["220 hello\r\n250 me", "250 me"] },
    };

    public MailTests() => File.WriteAllText(PasswordFile, "a password\n");

    [Fact]
    public async Task Mail_MessagesStored_SaysThatSomethingWaitsAndNothingElse()
    {
        using var server = new ScriptedMailServer(Good);
        await using var app = await StartAsync(server);
        await PutAsync(app, 1, 4);
        var said = await server.WaitAsync(1, Token);
        var expected = "AUTH PLAIN " + Convert.ToBase64String("\0officer\0a password"u8.ToArray());
        Assert.Equal(["EHLO [127.0.0.1]", expected, "MAIL FROM:<cleanroom@example.org>", "RCPT TO:<desk@example.org>", "DATA"], said[0].Split("\r\n")[..5]);
        Assert.EndsWith("\r\n.\r\nQUIT\r\n", said[0], StringComparison.Ordinal);
        Assert.Contains("\r\nSubject: Something is waiting\r\n", said[0], StringComparison.Ordinal);
        Assert.Contains("\r\nAuto-Submitted: auto-generated\r\n", said[0], StringComparison.Ordinal);
        Assert.DoesNotContain(Room, said[0], StringComparison.Ordinal);
        Assert.DoesNotContain(Member, said[0], StringComparison.Ordinal);
        Assert.DoesNotContain("http", said[0], StringComparison.OrdinalIgnoreCase);

        // The next epoch is another word, and differs in the id and the time alone.
        await PutAsync(app, 5, 4);
        var next = (await server.WaitAsync(2, Token))[1];
        Assert.Equal(Lines(said[0]), Lines(next));
        Assert.NotEqual(said[0], next);

        static string[] Lines(string text) => [.. text.Split("\r\n").Where(line => !line.StartsWith("Message-ID:", StringComparison.Ordinal) && !line.StartsWith("Date:", StringComparison.Ordinal))];
    }

    [Theory, MemberData(nameof(Hostile))]
    public async Task Mail_ServerThatMisbehaves_IsTriedAgainUnderTheSameId(string what, string[] first)
    {
        using var server = new ScriptedMailServer(first, Good);
        await using var app = await StartAsync(server);
        await PutAsync(app, 1, 4);
        var said = await server.WaitAsync(2, Token);
        Assert.True(said[1].Contains("Message-ID: <", StringComparison.Ordinal), what);
        if (said[0].Contains("Message-ID: <", StringComparison.Ordinal))
        {
            Assert.Equal(IdOf(said[1]), IdOf(said[0]));
        }

        static string IdOf(string text) => text.Split("\r\n").Single(line => line.StartsWith("Message-ID:", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("Mail=https://example.org")]
    [InlineData("Mail=smtp://u:p@example.org:587")]
    [InlineData("Mail=smtp://example.org:587/path")]
    [InlineData("From=nobody")]
    [InlineData("To=a@b@c")]
    [InlineData("To=a>@example.org")]
    [InlineData("PasswordFile=")]
    [InlineData("PasswordFile=/nowhere")]
    public async Task Start_MailWrong_SaysSo(string setting)
    {
        using var server = new ScriptedMailServer(Good);
        var problem = await Assert.ThrowsAsync<OptionsValidationException>(() => StartAsync(server, "--Channels:Targets:0:" + setting));
        Assert.Contains("Channels:Targets:0: Mail must be", problem.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Task<SlotPut> PutAsync(WebApplication app, long first, int count) => app.Services.GetRequiredService<ISlotStore>().PutAsync(
        Guid.Parse(Room), [.. Enumerable.Range(0, count).Select(i => new SlotFrame(Member, first + i, "header", new byte[] { 1, (byte)(first + i) }, [Digest.Of("x"u8)]))], Token);

    private async Task<WebApplication> StartAsync(ScriptedMailServer server, params string[] more)
    {
        const string Target = "--Channels:Targets:0:";
        var app = NotificationHost.Build(
            [
                "--Server:DataFolder=" + Path.Combine(_folder.FullName, "data"), "--Notification:IngestionAddress=https://127.0.0.1:1", "--Notification:IngestionKey=spki-sha256:" + new string('A', 43),
                "--Channels:Gather=00:00:00.100", "--Channels:AttemptTimeout=00:00:20", "--Channels:FirstPause=00:00:00.020", "--Channels:LongestPause=00:00:00.200",
                $"{Target}Room={Room}", $"{Target}Member={Member}", $"{Target}Mail=smtp://127.0.0.1:{server.Port}", $"{Target}From=cleanroom@example.org", $"{Target}To=desk@example.org",
                $"{Target}User=officer", $"{Target}PasswordFile={PasswordFile}", .. more,
            ]);
        await app.StartAsync(Token);
        return app;
    }

    /// <summary>A server on loopback that says its lines whatever it hears: one script for each conversation, the last for all that follow.</summary>
    private sealed class ScriptedMailServer : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly string[][] _scripts;
        private readonly List<string> _said = [];

        public ScriptedMailServer(params string[][] scripts)
        {
            _scripts = scripts;
            _listener.Start();
            _ = RunAsync();
        }

        public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

        /// <summary>What the clients said in each conversation, once so many have ended.</summary>
        public async Task<IReadOnlyList<string>> WaitAsync(int conversations, CancellationToken cancellationToken)
        {
            for (var attempt = 0; attempt < 7200; attempt++)
            {
                lock (_said)
                {
                    if (_said.Count >= conversations)
                    {
                        return [.. _said];
                    }
                }

                await Task.Delay(25, cancellationToken);
            }

            Assert.Fail($"No {conversations} conversations.");
            return [];
        }

        public void Dispose() => _listener.Dispose();

        private async Task RunAsync()
        {
            try
            {
                for (var i = 0; ; i++)
                {
                    using var client = await _listener.AcceptTcpClientAsync();
                    var said = await TalkAsync(client.GetStream(), _scripts[Math.Min(i, _scripts.Length - 1)]);
                    lock (_said)
                    {
                        _said.Add(said);
                    }
                }
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException)
            {
                // The test is over.
            }
        }

        private static async Task<string> TalkAsync(NetworkStream stream, string[] script)
        {
            var said = new StringBuilder();
            var buffer = new byte[4096];
            try
            {
                foreach (var reply in script)
                {
                    await stream.WriteAsync(Encoding.ASCII.GetBytes(reply + "\r\n"));
                    if (reply.StartsWith("221", StringComparison.Ordinal))
                    {
                        break;
                    }

                    var inData = reply.StartsWith("354", StringComparison.Ordinal);
                    for (var end = said.Length; !said.ToString(end, said.Length - end).EndsWith(inData ? "\r\n.\r\n" : "\r\n", StringComparison.Ordinal);)
                    {
                        var read = await stream.ReadAsync(buffer);
                        if (read == 0)
                        {
                            return said.ToString();
                        }

                        _ = said.Append(Encoding.ASCII.GetString(buffer, 0, read));
                    }
                }
            }
            catch (IOException)
            {
                // The client has had enough.
            }

            return said.ToString();
        }
    }
}
