using CleanRoom.Admin.Leading;
using CleanRoom.Admin.Showing;
using CleanRoom.Admin.Stores;
using CleanRoom.Admin.Support;
using CleanRoom.Storage;

namespace CleanRoom.Admin;

/// <summary>Operators' commands. They hold no key and open no record: what they move and check is sealed.</summary>
internal static class AdminCommand
{
    public const int Problems = 1;
    private const int UsageExit = 64;
    public const int Unavailable = 69;
    private const int LibraryMissing = 71;
    private const int CannotCreate = 73;
    private const int FileError = 74;
    private static readonly string[] Verbs = [.. ShowCommand.Verbs, "store", "lead", "health", "support-bundle"];
    private static readonly string Usage = string.Join(Environment.NewLine, HealthCommand.Usage, ShowCommand.Usage, StoreCommand.Usage, LeadCommand.Usage, SupportCommand.Usage);

    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (arguments is ["--help" or "-h" or "help"])
        {
            await output.WriteLineAsync(Usage);
            return 0;
        }

        try
        {
            var mistake = arguments is [var unknown, ..] && !Verbs.Contains(unknown) ? $"There is no command {unknown}: see cleanroom-admin --help." : Usage;
            switch (arguments)
            {
                case ["store", ..] when StoreCommand.TryParse(arguments[1..], out var store, out mistake):
                    return await store.RunAsync(output, cancellationToken);
                case ["lead", ..] when LeadCommand.TryParse(arguments[1..], out var lead, out mistake):
                    return await lead.RunAsync(output, cancellationToken);
                case ["health", ..] when HealthCommand.TryParse(arguments[1..], out var health, out mistake):
                    return await health.RunAsync(output, cancellationToken);
                case ["support-bundle", ..] when SupportCommand.TryParse(arguments[1..], out var support, out mistake):
                    return await support.RunAsync(output, cancellationToken);
                case [var verb, ..] when ShowCommand.Verbs.Contains(verb) && ShowCommand.TryParse(arguments, out var show, out mistake):
                    return await show.RunAsync(output, cancellationToken);
                default:
                    await errors.WriteLineAsync(mistake);
                    return UsageExit;
            }
        }
        catch (StorageException exception)
        {
            await errors.WriteLineAsync(exception.Message);
            return exception.Problem switch
            {
                StorageProblem.Unreachable => Unavailable,
                StorageProblem.LibraryMissing => LibraryMissing,
                StorageProblem.NotWritable => CannotCreate,
                _ => FileError,
            };
        }
        catch (System.ComponentModel.Win32Exception)
        {
            await errors.WriteLineAsync("The program after -- cannot be started: name one that this user may run.");
            return Unavailable;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync(exception is FileNotFoundException { FileName: { Length: > 0 } missing } ? $"There is no file {missing}."
                : "A file or folder cannot be read or written: name another one, or give this user access to it.");
            return FileError;
        }
    }
}
