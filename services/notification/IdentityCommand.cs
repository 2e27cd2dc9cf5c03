using CleanRoom.Hosting.Startup;

namespace CleanRoom.Notification;

/// <summary><c>identity --data DIR</c>: makes the TLS key if there is none and prints what the charter needs, one JSON line: <c>{"tls":key id}</c>.</summary>
internal static class IdentityCommand
{
    public static int Run(string[] args, TextWriter output, TextWriter error) =>
        IdentityLine.Print(args is ["identity", .. var rest] ? rest : args, output, error, "CleanRoom.Notification", TimeProvider.System);
}
