using CleanRoom.Cryptography;
using CleanRoom.Hosting;
using CleanRoom.Protocol.Attestation.V1;
using CleanRoom.Protocol.Matching.V1;
using Google.Protobuf;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>Services that hold the keys the charter pins, and say of a simulated room that it is not.</summary>
internal static class HostileStatus
{
    public static async Task<WebApplication> StartAsync(string folder, int port, ServerIdentity? identity, Digest charter)
    {
        var app = ServiceHost.Build(
            ["--hostBuilder:reloadConfigOnChange=false", "--Server:DataFolder=" + folder, $"--Server:Port={port}", "--Server:ShutdownGrace=00:00:01"],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton(new Answers(charter));
                if (identity is not null)
                {
                    builder.Services.AddSingleton(identity);
                }
            },
            app =>
            {
                app.MapGrpcService<Enclave>();
                app.MapGrpcService<Broker>();
            });
        await app.StartAsync(TestContext.Current.CancellationToken);
        return app;
    }

    public static Uri AddressOf(WebApplication app) => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    internal sealed record Answers(Digest Charter);

    internal sealed class Enclave : MatchingService.MatchingServiceBase
    {
        public override Task<GetStatusResponse> GetStatus(GetStatusRequest request, ServerCallContext context) =>
            Task.FromResult(new GetStatusResponse { State = GetStatusResponse.Types.State.Running, Generation = 1, Simulated = false });
    }

    internal sealed class Broker(Answers answers) : BrokerService.BrokerServiceBase
    {
        public override Task<GetRoomResponse> GetRoom(GetRoomRequest request, ServerCallContext context) =>
            Task.FromResult(new GetRoomResponse { CharterVersion = 1, CharterHash = ByteString.CopyFrom(answers.Charter.Span), Simulated = false });
    }
}
