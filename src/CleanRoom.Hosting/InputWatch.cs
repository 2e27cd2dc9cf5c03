using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting;

/// <summary>Stops the service when standard input ends: the other end of the pipe is gone, and with it whoever started the service.</summary>
internal sealed class InputWatch(IOptions<ServerOptions> options, IHostApplicationLifetime lifetime) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        if (options.Value.StopAtEndOfInput)
        {
            // A read of standard input cannot be cancelled: a background thread of its own keeps nobody waiting.
            new Thread(Watch) { IsBackground = true, Name = nameof(InputWatch) }.Start();
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private void Watch()
    {
        using var input = Console.OpenStandardInput();
        Span<byte> ignored = stackalloc byte[256];
        while (input.Read(ignored) > 0)
        {
            // What comes means nothing.
        }

        lifetime.StopApplication();
    }
}
