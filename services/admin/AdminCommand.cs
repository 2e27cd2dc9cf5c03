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

    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, TextWriter output, TextWriter errors, CancellationToken cancellationToken)
    {
        if (arguments is ["--help" or "-h" or "help"])
        {
            await output.WriteLineAsync(StoreCommand.Usage);
            return 0;
        }

        var mistake = StoreCommand.Usage;
        if (arguments is not ["store", ..] || !StoreCommand.TryParse([.. arguments.Skip(1)], out var command, out mistake))
        {
            await errors.WriteLineAsync(mistake);
            return UsageExit;
        }

        try
        {
            return await command.RunAsync(output, cancellationToken);
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
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await errors.WriteLineAsync($"{command.File} cannot be read or written: name another file with --file, or give this user access to it.");
            return FileError;
        }
    }
}
