using CleanRoom.Hosting.Startup;

namespace CleanRoom.Ingestion;

/// <summary>
/// <c>identity --data DIR</c>: makes the keys if there are none and prints what the charter needs, one JSON line:
/// <c>{"operator":JWK,"tls":key id}</c>.
/// </summary>
internal static class IdentityCommand
{
    public static int Run(string[] args, TextWriter output, TextWriter error) => IdentityLine.Print(
        args is ["identity", .. var rest] ? rest : args, output, error, "CleanRoom.Ingestion", TimeProvider.System,
        static (folder, line) =>
        {
            using var key = OperatorKey.LoadOrCreate(folder.File(OperatorKey.FileName));
            line["operator"] = key.PublicKey.ToJwk();
        });
}
