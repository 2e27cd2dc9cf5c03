using System.Collections.Immutable;
using CleanRoom.Cryptography;
using CleanRoom.Transport;
using Grpc.Core;

namespace CleanRoom.Attestation.Api;

/// <summary>Lets only the owner's administrators pass: callers whose TLS key is one of those set up at this broker.</summary>
internal sealed class OwnerOnly(ImmutableHashSet<KeyId> administrators)
{
    /// <summary>Passes, or throws.</summary>
    /// <exception cref="CleanRoomException">The caller shows no certificate, or another key.</exception>
    public void Demand(ServerCallContext context)
    {
        var certificate = context.GetHttpContext().Connection.ClientCertificate;
        if (certificate is null || !administrators.Contains(TlsCertificates.KeyOf(certificate)))
        {
            throw new CleanRoomException(
                ErrorReason.PermissionDenied, "Only the owner's administrators may do this.", remedy: "Add the key id of your TLS key to Attestation:AdminKeys of this broker.");
        }
    }
}
