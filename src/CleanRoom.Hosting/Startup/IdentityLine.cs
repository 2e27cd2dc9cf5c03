using System.Text.Json.Nodes;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Startup;

/// <summary>What the services' command <c>identity --data DIR</c> has in common: it makes the keys that are missing and prints what the charter needs.</summary>
public static class IdentityLine
{
    /// <summary>Prints one line of JSON with the key id of the TLS key, <c>tls</c>, and what the service adds.</summary>
    /// <param name="arguments">What follows the command's name: <c>--data DIR</c>.</param>
    /// <param name="output">Takes the line.</param>
    /// <param name="error">Takes one line with the remedy if something is wrong.</param>
    /// <param name="name">The name in the TLS certificate; peers pin the key and do not look at it.</param>
    /// <param name="time">The clock, for the dates in the certificate.</param>
    /// <param name="describe">Adds to the line; may make files in the data folder.</param>
    /// <returns>The exit code.</returns>
    public static int Print(
        IReadOnlyList<string> arguments, TextWriter output, TextWriter error, string name, TimeProvider time, Action<DataFolder, JsonObject>? describe = null)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        if (arguments is not ["--data", { Length: > 0 } path])
        {
            error.WriteLine("Use: identity --data DIR");
            return (int)ExitCode.BadOption;
        }

        try
        {
            var folder = new DataFolder(Options.Create(new ServerOptions { DataFolder = path }));
            using var tls = TlsCertificates.LoadOrCreate(folder.File("tls.pem"), name, time);
            var line = new JsonObject();
            describe?.Invoke(folder, line);
            line["tls"] = TlsCertificates.KeyOf(tls).ToString();
            output.WriteLine(line.ToJsonString());
            return (int)ExitCode.Ok;
        }
        catch (Exception exception) when (exception is StartupException or CleanRoomException or IOException or UnauthorizedAccessException)
        {
            var (code, text) = StartupErrors.Explain(exception);
            error.WriteLine(text);
            return (int)code;
        }
    }
}
