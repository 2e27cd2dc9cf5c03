using System.Text.Json.Nodes;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Startup;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Notification;

/// <summary><c>identity --data DIR</c>: makes the TLS key if there is none and prints what the charter needs, one JSON line: <c>{"tls":key id}</c>.</summary>
internal static class IdentityCommand
{
    public static int Run(string[] args, TextWriter output, TextWriter error)
    {
        if (args is not ["identity", "--data", { Length: > 0 } path])
        {
            error.WriteLine("Use: identity --data DIR");
            return (int)ExitCode.BadOption;
        }

        try
        {
            var folder = new DataFolder(Options.Create(new ServerOptions { DataFolder = path }));
            using var tls = TlsCertificates.LoadOrCreate(folder.File("tls.pem"), "CleanRoom.Notification", TimeProvider.System);
            output.WriteLine(new JsonObject { ["tls"] = TlsCertificates.KeyOf(tls).ToString() }.ToJsonString());
            return (int)ExitCode.Ok;
        }
        catch (StartupException exception)
        {
            error.WriteLine(exception.Message);
            return (int)exception.Code;
        }
        catch (Exception exception) when (exception is CleanRoomException or IOException)
        {
            error.WriteLine(exception.Message.ReplaceLineEndings(" "));
            return (int)ExitCode.FileError;
        }
    }
}
