using CleanRoom.Evidence.Simulation;
using CleanRoom.Transport;

namespace CleanRoom.Matching;

/// <summary><c>identity --data DIR</c>: prints TLS key id and measurement, for the charter, as one line of JSON.</summary>
internal static class IdentityCommand
{
    private const int UsageExit = 64;
    private const int CannotCreateExit = 73;

    public static int Run(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors)
    {
        if (arguments is not ["--data", { Length: > 0 } data])
        {
            errors.WriteLine("Usage: identity --data DIR");
            return UsageExit;
        }
        try
        {
            _ = Directory.CreateDirectory(data);
            using var certificate = TlsCertificates.LoadOrCreate(Path.Combine(data, "tls.pem"), "cleanroom-matching", TimeProvider.System);
            output.WriteLine(
                $"{{\"measurement\":\"{SimulatedMeasurement.OfFolder(AppContext.BaseDirectory)}\",\"tee\":\"simulated\",\"tls\":\"{TlsCertificates.KeyOf(certificate)}\"}}");
            return 0;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            errors.WriteLine($"Cannot write to the data folder: {exception.Message}");
            return CannotCreateExit;
        }
    }
}
