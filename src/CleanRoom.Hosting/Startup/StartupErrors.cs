using System.Net.Sockets;
using CleanRoom.Transport;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace CleanRoom.Hosting.Startup;

/// <summary>Turns what can go wrong at start into one line and an exit code.</summary>
internal static class StartupErrors
{
    internal static (ExitCode Code, string Line) Explain(Exception exception)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (ExplainOne(cause) is { } known)
            {
                return known with { Line = known.Line.ReplaceLineEndings(" ") };
            }
        }

        // The message of an exception that nobody expected may hold anything, so it stays inside.
        return (ExitCode.Unexpected, $"The service could not start: {exception.GetType().Name}. Run it with --Logging:LogLevel:Default=Debug and report what it says.");
    }

    private static (ExitCode Code, string Line)? ExplainOne(Exception exception) => exception switch
    {
        StartupException startup => (startup.Code, startup.Message),
        OptionsValidationException options => (ExitCode.BadOption, Settings(options.Failures)),
        AggregateException several when several.InnerExceptions.All(inner => inner is OptionsValidationException) =>
            (ExitCode.BadOption, Settings(several.InnerExceptions.Cast<OptionsValidationException>().SelectMany(inner => inner.Failures))),
        CleanRoomException { Reason: ErrorReason.StorageFailed } refusal => (ExitCode.FileError, Sentence(refusal)),
        CleanRoomException { Reason: ErrorReason.Unavailable or ErrorReason.UntrustedPeer } refusal => (ExitCode.DependencyUnavailable, Sentence(refusal)),
        CleanRoomException { Reason: not ErrorReason.Internal } refusal => (ExitCode.BadOption, Sentence(refusal)),
        AddressInUseException => (ExitCode.PortInUse, "The port is in use; choose another with --Server:Port, or 0 for any free one."),
        SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            (ExitCode.PortInUse, "The port is in use; choose another with --Server:Port, or 0 for any free one."),
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } =>
            (ExitCode.BadOption, "Server:Address is not an address of this machine; use 127.0.0.1, or 0.0.0.0 for all."),
        SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            (ExitCode.NotPermitted, "This user may not listen on Server:Port; choose one above 1023."),
        DllNotFoundException missing => (ExitCode.LibraryMissing, $"A native library is missing: {Library(missing)}; install it (README.md names the packages)."),
        InvalidOperationException { Source: "Microsoft.Extensions.Configuration.Binder" } binder =>
            (ExitCode.BadOption, $"A setting cannot be read: {binder.Message}"),
        InvalidDataException or FormatException when exception.Source?.StartsWith("Microsoft.Extensions.Configuration", StringComparison.Ordinal) == true =>
            (ExitCode.BadOption, "The configuration is not valid: check appsettings.json and the arguments, which have the form --Section:Name=value."),
        UnauthorizedAccessException denied => (ExitCode.FileError, $"A file or folder may not be accessed: {denied.Message}"),
        IOException { InnerException: null } io => (ExitCode.FileError, $"A file or folder cannot be used: {io.Message}"),
        _ => null,
    };

    private static string Settings(IEnumerable<string> failures) =>
        "Settings must be corrected: " + string.Join(" ", failures.Select(failure => failure.EndsWith('.') ? failure : failure + "."));

    private static string Sentence(CleanRoomException refusal) => refusal.Remedy is null ? refusal.Message : $"{refusal.Message} {refusal.Remedy}";

    /// <summary>The loader's message is several lines that list every path it tried; the name stands in quotes at its start.</summary>
    private static string Library(DllNotFoundException missing)
    {
        var parts = missing.Message.Split('\'', 3);
        return parts.Length == 3 ? parts[1] : "its name is unknown";
    }
}
