using CleanRoom.Hosting.Startup;
using CleanRoom.Matching.Evidence;

namespace CleanRoom.Matching;

/// <summary>
/// <c>identity --data DIR</c>: makes the TLS key if there is none and prints what the charter needs, one JSON line:
/// <c>{"measurement":hex,"tee":"simulated","tls":key id}</c>, in a measured build <c>{"tls":key id}</c>.
/// </summary>
internal static class IdentityCommand
{
    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors) => IdentityLine.Print(
        arguments, output, errors, "cleanroom-matching", TimeProvider.System,
        static (_, line) => EvidenceSetup.Describe(line));
}
