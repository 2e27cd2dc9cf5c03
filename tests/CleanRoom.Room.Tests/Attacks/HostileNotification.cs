using CleanRoom.Hosting;
using CleanRoom.Protocol.Notification.V1;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace CleanRoom.Room.Tests.Attacks;

/// <summary>
/// What a hostile operator puts in notification's place: it holds the service's TLS key, which the charter pins, and every frame that was ever delivered, and sends what it likes.
/// </summary>
internal sealed class HostileNotification : NotificationService.NotificationServiceBase, IAsyncDisposable
{
    private readonly IReadOnlyList<Frame> _frames;
    private readonly Task _hold;
    private WebApplication? _app;

    private HostileNotification(IReadOnlyList<Frame> frames, Task hold) => (_frames, _hold) = (frames, hold);

    public Uri Address => new(_app!.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Starts it.</summary>
    /// <param name="identity">A folder with the service's tls.pem.</param>
    /// <param name="frames">What it answers to every subscription.</param>
    /// <param name="hold">It sends nothing before this.</param>
    public static async Task<HostileNotification> StartAsync(string identity, IReadOnlyList<Frame> frames, Task? hold = null)
    {
        var server = new HostileNotification(frames, hold ?? Task.CompletedTask);
        server._app = ServiceHost.Build(
            ["--hostBuilder:reloadConfigOnChange=false", "--Server:DataFolder=" + identity, "--Server:ShutdownGrace=00:00:01"],
            builder =>
            {
                builder.Logging.ClearProviders();
                builder.Services.AddSingleton(server);
            },
            app => app.MapGrpcService<HostileNotification>());
        await server._app.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    /// <inheritdoc/>
    public override async Task Subscribe(SubscribeRequest request, IServerStreamWriter<SubscribeResponse> responseStream, ServerCallContext context)
    {
        await _hold.WaitAsync(context.CancellationToken);
        foreach (var frame in _frames)
        {
            await responseStream.WriteAsync(new SubscribeResponse { Frame = frame }, context.CancellationToken);
        }

        if (!request.Once)
        {
            await Task.Delay(Timeout.Infinite, context.CancellationToken);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }
    }
}
