using CleanRoom.Charter.Recovery;
using CleanRoom.Client.Files;

namespace CleanRoom.Client.Recovery;

/// <summary>A recovery as a file that members pass on to collect the signatures.</summary>
public static class RecoveryFile
{
    /// <summary>Reads one.</summary>
    /// <exception cref="ClientException">It cannot be read or is none.</exception>
    public static SignedRecovery Read(string path)
    {
        var content = DurableFile.Read(path, SignedRecovery.MaxSize, "The recovery");
        return SignedRecovery.TryParse(content, out var recovery, out var error)
            ? recovery
            : throw new ClientException(ClientProblem.BadData, $"{path} is not a recovery: {error}");
    }

    /// <summary>Writes one. Durable once this returns.</summary>
    /// <exception cref="ClientException">It cannot be written.</exception>
    public static void Write(string path, SignedRecovery recovery)
    {
        ArgumentNullException.ThrowIfNull(recovery);
        DurableFile.Write(path, recovery.ToBytes());
    }
}
