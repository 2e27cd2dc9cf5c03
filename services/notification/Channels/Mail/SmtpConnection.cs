using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace CleanRoom.Notification.Channels.Mail;

/// <summary>What a mail server said that ends an attempt.</summary>
/// <param name="code">Its reply code; 0 if it said something that is no reply, or nothing.</param>
internal sealed class SmtpException(int code) : Exception($"reply {code}")
{
    public int Code { get; } = code;
}

/// <summary>
/// One conversation with a mail server (RFC 5321, STARTTLS: RFC 3207, AUTH PLAIN: RFC 4954 and 4616): the few commands that one short message needs. Replies are
/// read strictly and up to a bound, and nothing that was said before TLS counts after it.
/// </summary>
internal sealed class SmtpConnection : IDisposable
{
    private const int MaximumLine = 1024;
    private const int MaximumLines = 64;

    private readonly TcpClient _client = new();
    private readonly byte[] _buffer = new byte[MaximumLine];
    private readonly string _host;
    private Stream _stream = Stream.Null;
    private int _start;
    private int _end;

    private SmtpConnection(string host) => _host = host;

    /// <summary>What the server offers, in upper case, by the first word of each line.</summary>
    public IReadOnlyDictionary<string, string> Offers { get; private set; } = new Dictionary<string, string>();

    /// <summary>Connects and says hello; over TLS unless the server is on this machine and TLS is off.</summary>
    /// <exception cref="SmtpException">The server refuses, or offers no TLS where it must.</exception>
    /// <exception cref="AuthenticationException">Its certificate is not good for its name.</exception>
    public static async Task<SmtpConnection> OpenAsync(string host, int port, MailSecurity security, CancellationToken cancellationToken)
    {
        var connection = new SmtpConnection(host);
        try
        {
            await connection._client.ConnectAsync(host, port, cancellationToken);
            connection._stream = connection._client.GetStream();
            if (security == MailSecurity.Tls)
            {
                await connection.SecureAsync(cancellationToken);
            }

            await connection.ExpectAsync(220, cancellationToken);
            await connection.HelloAsync(cancellationToken);
            if (security == MailSecurity.StartTls)
            {
                await connection.CommandAsync("STARTTLS", 220, cancellationToken);
                if (connection._start != connection._end)
                {
                    // Somebody on the way has put words in that the server would seem to have said under TLS.
                    throw new SmtpException(0);
                }

                await connection.SecureAsync(cancellationToken);
                await connection.HelloAsync(cancellationToken);
            }

            return connection;
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>Signs in.</summary>
    public async Task AuthenticateAsync(string user, string password, CancellationToken cancellationToken)
    {
        if (!Offers.TryGetValue("AUTH", out var mechanisms) || !mechanisms.Split(' ').Contains("PLAIN", StringComparer.OrdinalIgnoreCase))
        {
            throw new SmtpException(504);
        }

        await CommandAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes($"\0{user}\0{password}")), 235, cancellationToken);
    }

    /// <summary>Sends one message.</summary>
    /// <param name="from">Sender of the envelope.</param>
    /// <param name="to">Recipient.</param>
    /// <param name="message">Lines that end with CR LF, ASCII, none with a point at its beginning.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task SendAsync(string from, string to, string message, CancellationToken cancellationToken)
    {
        await CommandAsync($"MAIL FROM:<{from}>", 250, cancellationToken);
        await CommandAsync($"RCPT TO:<{to}>", 250, cancellationToken);
        await CommandAsync("DATA", 354, cancellationToken);
        await CommandAsync(message + ".", 250, cancellationToken);
    }

    /// <summary>Ends the conversation; what was sent counts without it.</summary>
    public async Task QuitAsync(CancellationToken cancellationToken)
    {
        try
        {
            await CommandAsync("QUIT", 221, cancellationToken);
        }
        catch (Exception exception) when (exception is SmtpException or IOException or SocketException)
        {
            // The server has taken the message; how it says goodbye is its own affair.
        }
    }

    public void Dispose()
    {
        _stream.Dispose();
        _client.Dispose();
    }

    private async Task HelloAsync(CancellationToken cancellationToken)
    {
        // No name of this machine leaves it.
        var lines = await CommandAsync("EHLO [127.0.0.1]", 250, cancellationToken);
        Offers = lines.Skip(1).Select(static line => line.ToUpperInvariant().Split(' ', 2)).DistinctBy(static words => words[0], StringComparer.Ordinal)
            .ToDictionary(static words => words[0], static words => words.Length > 1 ? words[1] : string.Empty, StringComparer.Ordinal);
    }

    private async Task SecureAsync(CancellationToken cancellationToken)
    {
        var tls = new SslStream(_stream);
        _stream = tls;
        await tls.AuthenticateAsClientAsync(
            new SslClientAuthenticationOptions { TargetHost = _host, EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13 }, cancellationToken);
    }

    private async Task<IReadOnlyList<string>> CommandAsync(string text, int expected, CancellationToken cancellationToken)
    {
        await _stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"), cancellationToken);
        return await ExpectAsync(expected, cancellationToken);
    }

    private async Task<IReadOnlyList<string>> ExpectAsync(int expected, CancellationToken cancellationToken)
    {
        var lines = new List<string>();
        while (lines.Count < MaximumLines)
        {
            var line = await LineAsync(cancellationToken);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var code) || (line.Length > 3 && line[3] is not (' ' or '-')))
            {
                throw new SmtpException(0);
            }

            lines.Add(line.Length > 4 ? line[4..] : string.Empty);
            if (line.Length == 3 || line[3] == ' ')
            {
                return code == expected ? lines : throw new SmtpException(code);
            }
        }

        throw new SmtpException(0);
    }

    private async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var at = _buffer.AsSpan(_start, _end - _start).IndexOf("\r\n"u8);
            if (at >= 0)
            {
                var line = Encoding.ASCII.GetString(_buffer, _start, at);
                _start += at + 2;
                return line;
            }

            if (_start > 0)
            {
                _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
                (_start, _end) = (0, _end - _start);
            }

            var read = _end < _buffer.Length ? await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken) : 0;
            if (read == 0)
            {
                // Closed, or a line without end.
                throw new SmtpException(0);
            }

            _end += read;
        }
    }
}
