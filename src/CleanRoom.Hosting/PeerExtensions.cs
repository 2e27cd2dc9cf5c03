using CleanRoom.Cryptography;
using CleanRoom.Transport;
using Grpc.Core;
using Microsoft.AspNetCore.Http;

namespace CleanRoom.Hosting;

/// <summary>Who calls.</summary>
public static class PeerExtensions
{
    private static readonly object ItemKey = new();

    /// <summary>The key with which the caller's TLS connection was made.</summary>
    /// <exception cref="CleanRoomException"><see cref="ErrorReason.Unauthenticated"/>: the caller showed no certificate.</exception>
    public static KeyId GetPeerKey(this ServerCallContext context) => context.FindPeerKey() ?? throw new CleanRoomException(
        ErrorReason.Unauthenticated, "This call needs a client certificate.", null, "Connect with the TLS key that the log lists for you.");

    /// <summary>The key with which the caller's TLS connection was made, or null if it showed no certificate.</summary>
    public static KeyId? FindPeerKey(this ServerCallContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.GetHttpContext().FindPeerKey();
    }

    internal static KeyId? FindPeerKey(this HttpContext http)
    {
        if (http.Items.TryGetValue(ItemKey, out var known))
        {
            return (KeyId?)known;
        }

        var certificate = http.Connection.ClientCertificate;
        var key = certificate is null ? null : TlsCertificates.KeyOf(certificate);
        http.Items[ItemKey] = key;
        return key;
    }
}
