using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace CleanRoom.Evidence.Tests.Azure;

/// <summary>A request as it came over the line.</summary>
/// <param name="Line">Method and path with query.</param>
/// <param name="Authorization">The header, or null.</param>
/// <param name="Body">The body.</param>
internal sealed record TlsRequest(string Line, string? Authorization, string Body);

/// <summary>What goes back.</summary>
/// <param name="Status">HTTP status.</param>
/// <param name="Body">The body.</param>
/// <param name="Location">Where a redirect leads.</param>
internal sealed record TlsAnswer(int Status, byte[] Body, string? Location = null)
{
    /// <summary>One more header, "Name: value"; "" for none.</summary>
    public string Header { get; init; } = "";

    /// <summary>The last byte of the body never comes.</summary>
    public bool Stalls { get; init; }

    public static TlsAnswer Json(string json) => new(200, Encoding.UTF8.GetBytes(json));

    public static TlsAnswer Empty(int status) => new(status, "{}"u8.ToArray());
}

/// <summary>
/// A local HTTPS service (HTTP/1.1, one request a connection) that answers from a table: method and path with query → answer. What the table does not have is 501 and is remembered as a
/// surprise: a client must ask for nothing that it was not asked to. Its certificate for localhost is under a root of its own.
/// </summary>
internal sealed class TlsTableServer : IDisposable
{
    private static readonly DateTimeOffset Begin = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private static readonly DateTimeOffset End = new(2060, 1, 1, 0, 0, 0, TimeSpan.Zero);

    // Made once: a key takes longer than a test. Roots differ by name.
    private static readonly Lazy<RSA> RootKey = new(() => RSA.Create(2048));
    private static readonly Lazy<RSA> LeafKey = new(() => RSA.Create(2048));

    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Dictionary<string, Func<TlsRequest, TlsAnswer>> _table = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly List<TlsRequest> _asked = [];
    private readonly List<string> _surprises = [];
    private readonly X509Certificate2 _certificate;
    private readonly CancellationTokenSource _ended = new();

    public TlsTableServer(string host = "localhost")
    {
        var root = new CertificateRequest("CN=Synthetic root " + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(4)), RootKey.Value, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        root.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        root.CertificateExtensions.Add(new X509KeyUsageExtension(X509KeyUsageFlags.KeyCertSign, true));
        using var self = root.CreateSelfSigned(Begin, End);
        Host = host;
        Root = X509CertificateLoader.LoadCertificate(self.RawData);
        using var authority = RootWithKey();
        using var leaf = Leaf(host, Key).Create(authority, Begin.AddDays(1), End.AddDays(-1), [1]);
        Chain = [leaf.RawData, Root.RawData];
        using var withKey = leaf.CopyWithPrivateKey(Key);
        _certificate = X509CertificateLoader.LoadPkcs12(withKey.Export(X509ContentType.Pkcs12), null);
        _listener.Start();
        Address = new Uri($"https://localhost:{((IPEndPoint)_listener.LocalEndpoint).Port}/");
        _ = Task.Run(ServeAsync);
    }

    public Uri Address { get; }

    /// <summary>The name in the certificate.</summary>
    public string Host { get; }

    /// <summary>The root that this server's certificate is under, without its key.</summary>
    public X509Certificate2 Root { get; }

    /// <summary>The key of the certificate, which services also sign with.</summary>
    public static RSA Key => LeafKey.Value;

    /// <summary>Leaf and root.</summary>
    public IReadOnlyList<byte[]> Chain { get; }

    public IReadOnlyList<TlsRequest> Asked
    {
        get
        {
            lock (_gate)
            {
                return [.. _asked];
            }
        }
    }

    public IReadOnlyList<string> Surprises
    {
        get
        {
            lock (_gate)
            {
                return [.. _surprises];
            }
        }
    }

    public static CertificateRequest Leaf(string host, RSA key, string usage = "1.3.6.1.5.5.7.3.1")
    {
        var request = new CertificateRequest("CN=service", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid(usage)], false));
        return request;
    }

    /// <summary>The root, to sign more with.</summary>
    public X509Certificate2 RootWithKey() => Root.CopyWithPrivateKey(RootKey.Value);

    public TlsTableServer On(string line, Func<TlsRequest, TlsAnswer> answer)
    {
        lock (_gate)
        {
            _table[line] = answer;
        }

        return this;
    }

    public void Dispose()
    {
        _ended.Cancel();
        _ended.Dispose();
        _listener.Stop();
        _certificate.Dispose();
        Root.Dispose();
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            TcpClient client;
            try
            {
                client = await _listener.AcceptTcpClientAsync();
            }
            catch (Exception exception) when (exception is SocketException or ObjectDisposedException or InvalidOperationException)
            {
                return;
            }

            _ = Task.Run(() => AnswerAsync(client));
        }
    }

    private async Task AnswerAsync(TcpClient client)
    {
        try
        {
            using (client)
            {
                await using var tls = new SslStream(client.GetStream());
                await tls.AuthenticateAsServerAsync(_certificate);
                var request = await ReadAsync(tls);
                var answer = Find(request)?.Invoke(request) ?? TlsAnswer.Empty(501);
                var location = (answer.Location is { } to ? $"Location: {to}\r\n" : "") + (answer.Header.Length > 0 ? answer.Header + "\r\n" : "");
                await tls.WriteAsync(Encoding.ASCII.GetBytes(string.Create(
                    CultureInfo.InvariantCulture, $"HTTP/1.1 {answer.Status} Answer\r\nContent-Type: application/json\r\n{location}Content-Length: {answer.Body.Length}\r\nConnection: close\r\n\r\n")));
                await tls.WriteAsync(answer.Stalls ? answer.Body.AsMemory(..^1) : answer.Body);
                if (answer.Stalls)
                {
                    await tls.FlushAsync();
                    await Task.Delay(Timeout.InfiniteTimeSpan, _ended.Token);
                }

                await tls.ShutdownAsync();
            }
        }
        catch (Exception exception) when (exception is IOException or System.Security.Authentication.AuthenticationException or SocketException or ObjectDisposedException or OperationCanceledException)
        {
            // The client went away, or does not trust us.
        }
    }

    private Func<TlsRequest, TlsAnswer>? Find(TlsRequest request)
    {
        lock (_gate)
        {
            _asked.Add(request);
            if (!_table.TryGetValue(request.Line, out var row))
            {
                _surprises.Add(request.Line);
            }

            return row;
        }
    }

    private static async Task<TlsRequest> ReadAsync(SslStream tls)
    {
        using var reader = new StreamReader(tls, Encoding.ASCII, leaveOpen: true);
        var line = await reader.ReadLineAsync() ?? throw new IOException("No request.");
        string? authorization = null;
        var length = 0;
        while (await reader.ReadLineAsync() is { Length: > 0 } header)
        {
            var (name, value) = (header[..header.IndexOf(':', StringComparison.Ordinal)], header[(header.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim());
            if (name.Equals("Content-Length", StringComparison.OrdinalIgnoreCase))
            {
                length = int.Parse(value, CultureInfo.InvariantCulture);
            }
            else if (name.Equals("Authorization", StringComparison.OrdinalIgnoreCase))
            {
                authorization = value;
            }
        }

        var body = new char[length];
        if (length > 0)
        {
            // With nothing to read it would wait for more all the same.
            _ = await reader.ReadBlockAsync(body);
        }

        var parts = line.Split(' ');
        return new TlsRequest($"{parts[0]} {parts[1]}", authorization, new string(body));
    }
}
