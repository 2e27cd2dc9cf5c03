using CleanRoom.Hosting.Startup;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting;

/// <summary>Says where the service listens, and with which key, once it does: one line on standard output, and in a file if asked.</summary>
internal sealed class Announcement(
    IServer server,
    ServerIdentity identity,
    IOptions<ServerOptions> options,
    IHostApplicationLifetime lifetime,
    ILogger<Announcement> logger) : IHostedLifecycleService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.AddressFile is { Length: > 0 } file)
        {
            try
            {
                File.WriteAllBytes(file + ".tmp", []);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new StartupException(
                    ExitCode.FileError, $"Server:AddressFile {file} cannot be written; name a file in a folder that exists and that this user may write.", exception);
            }
        }

        return Task.CompletedTask;
    }

    // The server is the last hosted service to start; it listens only when the whole application has started.
    public Task StartedAsync(CancellationToken cancellationToken)
    {
        lifetime.ApplicationStarted.Register(Announce);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken)
    {
        if (options.Value.AddressFile is { Length: > 0 } file)
        {
            File.Delete(file);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Announce()
    {
        var address = server.Features.Get<IServerAddressesFeature>()?.Addresses.FirstOrDefault() ?? string.Empty;
        Console.Out.WriteLine($"Listening on {address} key {identity.Key}");
        Log.Listening(logger, address, identity.Key);
        if (options.Value.AddressFile is { Length: > 0 } file)
        {
            try
            {
                // Whoever waits for the file must find it whole.
                var temporary = file + ".tmp";
                File.WriteAllText(temporary, $"{address} {identity.Key}\n");
                File.Move(temporary, file, overwrite: true);
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                Log.AddressFileFailed(logger, exception.GetType().Name);
                lifetime.StopApplication();
            }
        }
    }
}
