using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using CleanRoom.Cryptography;
using CleanRoom.Evidence.Azure;
using CleanRoom.Evidence.Tests.Azure;

namespace CleanRoom.Client.Tests;

/// <summary>
/// A local Key Vault that signs, under the name of one of Azure's: "Get Key" and "Sign" of Key Vault 7.4 (learn.microsoft.com/rest/api/keyvault/keys/get-key, /sign) over HTTPS with real P-256 keys. This process
/// reaches it by <see cref="Handler"/>, a program of its own by <see cref="Environment"/>: a proxy that knows where the name is, its root, and an "az" that gives the token. <see cref="Twist"/> makes one thing
/// otherwise.
/// </summary>
[UnsupportedOSPlatform("windows")]
internal sealed class SigningVault : IDisposable
{
    public const string Host = "lotus.vault.azure.net";
    public const string Version = "0123456789abcdef0123456789abcdef";

    /// <summary>What Azure's sign-in gave; nobody but the vault may see it.</summary>
    public const string AccessToken = "eyJ0.access-4711.token_";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-vault-");
    private readonly TlsTableServer _server = new(Host);
    private readonly Proxy _proxy;
    private int _failures;

    public SigningVault()
    {
        Put("organisation", Organisation);
        Put("approver", Approver);
        _proxy = new Proxy(Host, _server.Address.Port);
        File.WriteAllText(Path.Combine(_folder.FullName, "root.pem"), _server.Root.ExportCertificatePem() + "\n");
        WriteAz($"printf '%s\\n' '{AccessToken}'");
    }

    public ECDsa Organisation { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public ECDsa Approver { get; } = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    /// <summary>What is otherwise; "" for nothing.</summary>
    public string Twist { get; set; } = "";

    /// <summary>How many requests fail before one is answered.</summary>
    public int Failures { get => _failures; set => _failures = value; }

    /// <summary>Where a redirect leads, and whom a challenge names.</summary>
    public Uri Elsewhere { get; set; } = new("https://localhost:1/");

    public IReadOnlyList<TlsRequest> Asked => _server.Asked;

    public IReadOnlyList<string> Surprises => _server.Surprises;

    /// <summary>Names that the proxy was asked for.</summary>
    public IReadOnlyList<string> Reached => _proxy.Reached;

    /// <summary>What "az" was called with, one line a call.</summary>
    public IReadOnlyList<string> SignIns => File.Exists(SignInFile) ? File.ReadAllLines(SignInFile) : [];

    /// <summary>Folder with "az" in it.</summary>
    public string Programs => Path.Combine(_folder.FullName, "bin");

    /// <summary>What a process of its own needs to see this vault.</summary>
    public IReadOnlyDictionary<string, string> Environment => new Dictionary<string, string>
    {
        ["HTTPS_PROXY"] = _proxy.Address,
        ["NO_PROXY"] = "localhost,127.0.0.1",
        ["SSL_CERT_FILE"] = Path.Combine(_folder.FullName, "root.pem"),
        ["PATH"] = Programs + ":/usr/bin:/bin",
    };

    private string SignInFile => Path.Combine(_folder.FullName, "sign-ins");

    public static string Uri(string key, string more = "") => $"https://{Host}/keys/{key}/{Version}{more}";

    /// <summary>Carries requests of this process: whatever they name, the vault gets them, if its certificate is of that name.</summary>
    public SocketsHttpHandler Handler()
    {
        var handler = AzureHttp.CreateHandler([_server.Root]);
        handler.UseProxy = false;
        handler.ConnectCallback = async (_, cancellationToken) =>
        {
            var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(IPAddress.Loopback, _server.Address.Port, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        };
        return handler;
    }

    /// <summary>Writes another "az": what its shell script does after it has noted how it was called.</summary>
    public void WriteAz(string script)
    {
        _ = Directory.CreateDirectory(Programs);
        var path = Path.Combine(Programs, "az");
        File.WriteAllText(path, $"#!/bin/sh\necho \"$PWD $*\" >> '{SignInFile}'\n{script}\n");
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
    }

    public void Dispose()
    {
        _proxy.Dispose();
        _server.Dispose();
        Organisation.Dispose();
        Approver.Dispose();
        _folder.Delete(recursive: true);
    }

    private void Put(string name, ECDsa key)
    {
        var path = $"/keys/{name}/{Version}";
        _ = _server.On($"GET {path}?api-version=7.4", request => Status(request) ?? Get(name, key));
        _ = _server.On($"POST {path}/sign?api-version=7.4", request => Status(request) ?? Sign(name, key, request));
    }

    private TlsAnswer? Status(TlsRequest request) => Twist switch
    {
        _ when request.Authorization != "Bearer " + AccessToken => TlsAnswer.Empty(401),
        _ when Interlocked.Decrement(ref _failures) >= 0 => new TlsAnswer(Twist == "busy" ? 429 : 503, []) { Header = "Retry-After: 0" },
        "400" or "403" or "404" => TlsAnswer.Empty(int.Parse(Twist, System.Globalization.CultureInfo.InvariantCulture)),
        "challenge" => TlsAnswer.Empty(401) with { Header = $"WWW-Authenticate: Bearer authorization=\"{Elsewhere}other-tenant\", resource=\"{Elsewhere}\"" },
        "busy for long" => TlsAnswer.Empty(429) with { Header = "Retry-After: 3600" },
        "redirect" => new TlsAnswer(302, [], Elsewhere.AbsoluteUri),
        "moved for good" => new TlsAnswer(307, [], Elsewhere.AbsoluteUri),
        "no json" => TlsAnswer.Json("<html>"),
        "member twice" => TlsAnswer.Json("""{"kid":"a","kid":"b"}"""),
        "too long" => new TlsAnswer(200, new byte[2 << 20]),
        _ => null,
    };

    private string Id(string name) => Twist switch
    {
        "rotated" => Uri(name)[..^1] + "0",
        "another vault" => Uri(name).Replace("lotus", "other", StringComparison.Ordinal),
        "another key" => Uri("other"),
        _ => Uri(name),
    };

    private TlsAnswer Get(string name, ECDsa key)
    {
        using var other = ECDsa.Create(Twist == "P-384" ? ECCurve.NamedCurves.nistP384 : ECCurve.NamedCurves.nistP256);
        var point = (Twist is "P-384" or "P-384 called P-256" ? other : key).ExportParameters(includePrivateParameters: false).Q;
        var now = TimeProvider.System.GetUtcNow().ToUnixTimeSeconds();
        var attributes = new JsonObject { ["enabled"] = Twist != "disabled", ["created"] = 1, ["recoveryLevel"] = "Recoverable+Purgeable" };
        if (Twist == "expired")
        {
            attributes["exp"] = now - 3600;
        }
        else if (Twist == "not yet")
        {
            attributes["nbf"] = now + 3600;
        }
        else if (Twist == "dates")
        {
            (attributes["nbf"], attributes["exp"]) = (now - 3600, now + 3600);
        }
        else if (Twist == "no end that is a number")
        {
            attributes["exp"] = "never";
        }

        var json = new JsonObject
        {
            ["key"] = new JsonObject
            {
                ["kid"] = Id(name),
                ["kty"] = Twist switch { "HSM" => "EC-HSM", "RSA" => "RSA", "secp256k1" => "EC", _ => "EC" },
                ["crv"] = Twist switch { "P-384" => "P-384", "secp256k1" => "P-256K", _ => "P-256" },
                ["key_ops"] = Twist switch { "may not sign" => new JsonArray("verify"), "no operations" => null, _ => new JsonArray("sign", "verify") },
                ["x"] = StrictBase64.EncodeUrl(point.X),
                ["y"] = StrictBase64.EncodeUrl(Twist == "no point" ? point.X : point.Y),
            },
            ["attributes"] = attributes,
        };
        if (Twist == "no attributes")
        {
            _ = json.Remove("attributes");
        }

        return TlsAnswer.Json(json.ToJsonString());
    }

    private TlsAnswer Sign(string name, ECDsa key, TlsRequest request)
    {
        using var body = JsonDocument.Parse(request.Body);
        if (body.RootElement.GetProperty("alg").GetString() != "ES256" || !StrictBase64.TryDecodeUrl(body.RootElement.GetProperty("value").GetString(), out var digest) || digest.Length != 32)
        {
            return TlsAnswer.Empty(400);
        }

        using var other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var signature = Twist switch
        {
            "signed by another key" => other.SignHash(digest),
            "signed something else" => key.SignHash(SHA256.HashData(digest)),
            "DER" => key.SignHash(digest, DSASignatureFormat.Rfc3279DerSequence),
            "cut off" => key.SignHash(digest)[..^1],
            "nothing" => [],
            _ => key.SignHash(digest),
        };
        return TlsAnswer.Json(Twist == "no value" ? new JsonObject { ["kid"] = Id(name) }.ToJsonString()
            : new JsonObject { ["kid"] = Twist == "signed for another" ? Uri("other") : Id(name), ["value"] = StrictBase64.EncodeUrl(signature) }.ToJsonString());
    }

    /// <summary>What stands at the door of many offices: CONNECT alone, to one name alone.</summary>
    private sealed class Proxy : IDisposable
    {
        private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
        private readonly string _host;
        private readonly int _port;
        private readonly Lock _gate = new();
        private readonly List<string> _reached = [];

        public Proxy(string host, int port)
        {
            (_host, _port) = (host, port);
            _listener.Start();
            Address = $"http://127.0.0.1:{((IPEndPoint)_listener.LocalEndpoint).Port}";
            _ = Task.Run(ServeAsync);
        }

        public string Address { get; }

        public IReadOnlyList<string> Reached
        {
            get
            {
                lock (_gate)
                {
                    return [.. _reached];
                }
            }
        }

        public void Dispose() => _listener.Stop();

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

                _ = Task.Run(() => CarryAsync(client));
            }
        }

        private async Task CarryAsync(TcpClient client)
        {
            try
            {
                using (client)
                {
                    var near = client.GetStream();
                    var head = new StringBuilder();
                    var one = new byte[1];
                    while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal) && await near.ReadAsync(one) == 1)
                    {
                        _ = head.Append((char)one[0]);
                    }

                    var line = head.ToString().Split("\r\n")[0];
                    lock (_gate)
                    {
                        _reached.Add(line);
                    }

                    if (line != $"CONNECT {_host}:443 HTTP/1.1")
                    {
                        await near.WriteAsync("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
                        return;
                    }

                    using var server = new TcpClient();
                    await server.ConnectAsync(IPAddress.Loopback, _port);
                    var far = server.GetStream();
                    await near.WriteAsync("HTTP/1.1 200 Connection established\r\n\r\n"u8.ToArray());
                    await Task.WhenAny(near.CopyToAsync(far), far.CopyToAsync(near));
                }
            }
            catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException)
            {
                // One side went away.
            }
        }
    }
}
