using System.Net.Security;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using CleanRoom.Cryptography;
using Grpc.Core;
using Grpc.Core.Interceptors;
using Grpc.Net.Client;

namespace CleanRoom.Transport;

/// <summary>
/// A gRPC channel to a server known by its key. TLS 1.3 (at least 1.2); the server's certificate is accepted if and only if the SHA-256 of
/// its SubjectPublicKeyInfo is the pinned one: no authority, name or date is asked. Thread-safe; keep one for each server.
/// </summary>
public sealed class PinnedChannel : IDisposable
{
    private readonly GrpcChannel _channel;

    private PinnedChannel(Uri address, KeyId serverKey, GrpcChannel channel, PinnedChannelOptions options)
    {
        Address = address;
        ServerKey = serverKey;
        _channel = channel;
        CallInvoker = channel.Intercept(new ClientCallInterceptor(options, address));
    }

    /// <summary>The server's address.</summary>
    public Uri Address { get; }

    /// <summary>The pinned key.</summary>
    public KeyId ServerKey { get; }

    /// <summary>
    /// What generated clients are made from. Refusals surface as <see cref="CleanRoomException"/>, never as <see cref="RpcException"/>;
    /// a call cancelled through its own token as <see cref="OperationCanceledException"/>.
    /// </summary>
    public CallInvoker CallInvoker { get; }

    /// <summary>Makes a channel; connects with the first call.</summary>
    /// <param name="address">An https address.</param>
    /// <param name="expectedServerKey">The pin.</param>
    /// <param name="clientCertificate">Certificate and private key shown to the server, or null. It must outlive the channel.</param>
    /// <param name="options">Null for the defaults.</param>
    /// <exception cref="ArgumentException">The address is not https, or the certificate has no private key.</exception>
    public static PinnedChannel Create(
        Uri address,
        KeyId expectedServerKey,
        X509Certificate2? clientCertificate,
        PinnedChannelOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(address);
        ArgumentNullException.ThrowIfNull(expectedServerKey);
        if (!address.IsAbsoluteUri || address.Scheme != Uri.UriSchemeHttps)
        {
            throw new ArgumentException("The address must start with https://.", nameof(address));
        }

        if (clientCertificate is { HasPrivateKey: false })
        {
            throw new ArgumentException("The client certificate has no private key.", nameof(clientCertificate));
        }

        options ??= new PinnedChannelOptions();
        var handler = new SocketsHttpHandler
        {
            ConnectTimeout = options.ConnectTimeout,
            EnableMultipleHttp2Connections = true,
            KeepAlivePingDelay = TimeSpan.FromSeconds(30),
            KeepAlivePingTimeout = TimeSpan.FromSeconds(15),
            KeepAlivePingPolicy = HttpKeepAlivePingPolicy.WithActiveRequests,
            PooledConnectionIdleTimeout = TimeSpan.FromMinutes(5),
            UseProxy = false,
            SslOptions = TlsOptions(expectedServerKey, clientCertificate),
        };
        var channel = GrpcChannel.ForAddress(address, new GrpcChannelOptions
        {
            HttpHandler = handler,
            DisposeHttpClient = true,
            MaxReceiveMessageSize = options.MaxReceiveBytes,
            MaxSendMessageSize = options.MaxSendBytes,
            ServiceConfig = options.MaxAttempts > 1 ? RepeatableCalls.ServiceConfig(options) : null,
        });
        return new PinnedChannel(address, expectedServerKey, channel, options);
    }

    /// <summary>Ends all calls and closes the connections.</summary>
    public void Dispose() => _channel.Dispose();

    private static SslClientAuthenticationOptions TlsOptions(KeyId expected, X509Certificate2? clientCertificate) => new()
    {
        EnabledSslProtocols = SslProtocols.Tls13 | SslProtocols.Tls12,

        // A resumed session would skip the question who the peer is.
        AllowTlsResume = false,
        CertificateRevocationCheckMode = X509RevocationMode.NoCheck,
        ClientCertificates = clientCertificate is null ? null : [clientCertificate],
        LocalCertificateSelectionCallback = clientCertificate is null ? null : (_, _, _, _, _) => clientCertificate,
        RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate is X509Certificate2 shown && TlsCertificates.KeyOf(shown) == expected,
    };
}
