using CleanRoom.Hosting.Startup;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting;

/// <summary>Runs a service and ends with one clear line and an exit code if it cannot start.</summary>
public static class ServiceHost
{
    /// <summary>Builds and runs a service until it is stopped.</summary>
    /// <param name="args">The command line: <c>--Section:Name=value</c>, or <c>health ADDRESS [SERVICE]</c>.</param>
    /// <param name="add">Adds what the service consists of.</param>
    /// <param name="map">Maps its gRPC classes.</param>
    /// <returns>The exit code, an <see cref="ExitCode"/>.</returns>
    public static Task<int> RunAsync(string[] args, Action<WebApplicationBuilder> add, Action<WebApplication> map) => args is ["health", .. var rest]
        ? HealthCommand.RunAsync(rest, Console.Out, Console.Error)
        : RunAsync(async () =>
        {
            var app = Build(args, add, map);
            await using (app)
            {
                await app.RunAsync();
            }
        });

    /// <summary>Runs what builds and runs services; what goes wrong becomes one line on standard error.</summary>
    /// <param name="run">Returns when it was stopped.</param>
    /// <returns>The exit code, an <see cref="ExitCode"/>.</returns>
    public static async Task<int> RunAsync(Func<Task> run)
    {
        ArgumentNullException.ThrowIfNull(run);
        try
        {
            await run();
            return (int)ExitCode.Ok;
        }
        catch (Exception exception) when (exception is not OutOfMemoryException)
        {
            var (code, line) = StartupErrors.Explain(exception);
            await Console.Error.WriteLineAsync(line);
            return (int)code;
        }
    }

    /// <summary>Builds a service with the defaults of all services; its settings are checked, all at once.</summary>
    /// <exception cref="StartupException">The service cannot start; the message is one line with the remedy.</exception>
    /// <exception cref="OptionsValidationException">Settings of one section are wrong.</exception>
    /// <exception cref="AggregateException">Settings of several sections are wrong.</exception>
    public static WebApplication Build(string[] args, Action<WebApplicationBuilder> add, Action<WebApplication> map)
    {
        ArgumentNullException.ThrowIfNull(add);
        ArgumentNullException.ThrowIfNull(map);

        // Settings are read once. A watch on the folder would wake this process at every write to a database that lies there.
        var builder = WebApplication.CreateBuilder([.. args, "--hostBuilder:reloadConfigOnChange=false"]);
        builder.AddServiceDefaults();
        add(builder);
        var app = builder.Build();
        app.MapDefaultEndpoints();
        map(app);
        return app;
    }
}
