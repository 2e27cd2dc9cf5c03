using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification.Page;

/// <summary>Says where the page is once the service listens: one line on standard output, and in a file if asked.</summary>
internal sealed class PageAnnouncement(IServer server, IOptions<PageOptions> options, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.Port is not null)
        {
            lifetime.ApplicationStarted.Register(Announce);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Announce()
    {
        // The service's own address comes first, the page's was added after it.
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.LastOrDefault() ?? string.Empty;
        Console.Out.WriteLine($"Inbox page on {address}");
        if (options.Value.AddressFile is { Length: > 0 } file)
        {
            var temporary = file + ".tmp";
            File.WriteAllText(temporary, address + "\n");
            File.Move(temporary, file, overwrite: true);
        }
    }
}
