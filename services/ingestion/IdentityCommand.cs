using System.Text.Json.Nodes;
using CleanRoom.Hosting;
using CleanRoom.Hosting.Startup;
using CleanRoom.Storage;
using CleanRoom.Transport;
using Microsoft.Extensions.Options;

namespace CleanRoom.Ingestion;

/// <summary>
/// <c>identity --data DIR</c>: makes the keys if there are none and prints what the charter needs, one JSON line:
/// <c>{"operator":JWK,"tls":key id}</c>.
/// </summary>
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
            using var key = OperatorKey.LoadOrCreate(folder.File(OperatorKey.FileName));
            using var tls = TlsCertificates.LoadOrCreate(folder.File("tls.pem"), "CleanRoom.Ingestion", TimeProvider.System);
            output.WriteLine(new JsonObject { ["operator"] = key.PublicKey.ToJwk(), ["tls"] = TlsCertificates.KeyOf(tls).ToString() }.ToJsonString());
            return (int)ExitCode.Ok;
        }
        catch (StartupException exception)
        {
            error.WriteLine(exception.Message);
            return (int)exception.Code;
        }
        catch (Exception exception) when (exception is CleanRoomException or StorageException or IOException)
        {
            error.WriteLine(exception.Message.ReplaceLineEndings(" "));
            return (int)ExitCode.FileError;
        }
    }
}
