using CleanRoom.Admin.Leading;
using CleanRoom.Admin.Stores;
using CleanRoom.Storage;

namespace CleanRoom.Admin;

/// <summary>Operators' commands. They hold no key and open no record: what they move and check is sealed.</summary>
internal static class AdminCommand
{
    public const int Problems = 1;
    private const int UsageExit = 64;
    private const int Unavailable = 69;
    private const int LibraryMissing = 71;
    private const int CannotCreate = 73;
    private const int FileError = 74;
    private static readonly string Usage = StoreCommand.Usage + Environment.NewLine + LeadCommand.Usage;

    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (arguments is ["--help" or "-h" or "help"])
        {
            await output.WriteLineAsync(Usage);
            return 0;
        }

        try
        {
            var mistake = Usage;
            switch (arguments)
            {
                case ["store", ..] when StoreCommand.TryParse(arguments[1..], out var store, out mistake):
                    return await store.RunAsync(output, cancellationToken);
                case ["lead", ..] when LeadCommand.TryParse(arguments[1..], out var lead, out mistake):
                    return await lead.RunAsync(output, cancellationToken);
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
            await errors.WriteLineAsync("The file cannot be read or written: name another one with --file, or give this user access to it.");
            return FileError;
        }
    }
}
