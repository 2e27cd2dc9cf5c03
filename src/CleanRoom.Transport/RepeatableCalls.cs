using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Health.V1;
using CleanRoom.Protocol.Ingestion.V1;
using CleanRoom.Protocol.Matching.V1;
using CleanRoom.Protocol.Notification.V1;
using Google.Protobuf.Reflection;
using Grpc.Core;
using Grpc.Net.Client.Configuration;

namespace CleanRoom.Transport;

/// <summary>
/// Which calls are tried again when the server is unavailable: the unary ones, whose writes are idempotent by contract. Attest is not: it
/// uses its nonce up, and a second answer would be a refusal.
/// </summary>
internal static class RepeatableCalls
{
    private static readonly HashSet<string> UsesSomethingUp = ["cleanroom.attestation.v1.AttestationService.Attest"];

    private static readonly FileDescriptor[] Files =
    [
        AttestationReflection.Descriptor,
        IngestionReflection.Descriptor,
        MatchingReflection.Descriptor,
        NotificationReflection.Descriptor,
        HealthReflection.Descriptor,
    ];

    internal static ServiceConfig ServiceConfig(PinnedChannelOptions options)
    {
        var config = new MethodConfig
        {
            RetryPolicy = new RetryPolicy
            {
                MaxAttempts = options.MaxAttempts,
                InitialBackoff = options.InitialBackoff,
                MaxBackoff = options.InitialBackoff * 16,
                BackoffMultiplier = 2,
                RetryableStatusCodes = { StatusCode.Unavailable },
            },
        };
        foreach (var method in Files.SelectMany(file => file.Services).SelectMany(service => service.Methods))
        {
            if (!method.IsClientStreaming && !method.IsServerStreaming && !UsesSomethingUp.Contains(method.FullName))
            {
                config.Names.Add(new MethodName { Service = method.Service.FullName, Method = method.Name });
            }
        }

        return new ServiceConfig { MethodConfigs = { config } };
    }
}
