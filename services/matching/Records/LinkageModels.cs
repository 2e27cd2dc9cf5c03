using CleanRoom.Charter;
using CleanRoom.Hosting.Startup;
using CleanRoom.Linkage.Models;
using CleanRoom.Transport;

namespace CleanRoom.Matching.Records;

/// <summary>The linkage models that this enclave has: the shipped one and that of a file. Which of them is run, the charter says.</summary>
internal sealed class LinkageModels
{
    private readonly IReadOnlyList<RoomModel> _models;

    private LinkageModels(IReadOnlyList<RoomModel> models) => _models = models;

    /// <summary>Reads them.</summary>
    /// <param name="path">The file; null for none.</param>
    /// <exception cref="StartupException">It cannot be read, or is no model.</exception>
    public static LinkageModels Read(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            return new LinkageModels([RoomModel.Shipped]);
        }
        try
        {
            using var file = File.OpenRead(path);
            return new LinkageModels([RoomModel.Shipped, RoomModel.Read(file)]);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or FormatException)
        {
            throw new StartupException(ExitCode.BadOption, $"Matching:LinkageModel: {exception.Message}");
        }
    }

    /// <summary>Gives the one that all contributors have signed.</summary>
    /// <exception cref="CleanRoomException">It is not here: nothing is compared by another.</exception>
    public RoomModel For(RoomCharter charter) => _models.FirstOrDefault(model => model.Digest == charter.LinkageModel)
        ?? throw new CleanRoomException(
            ErrorReason.LinkageModelMissing, $"The charter names the linkage model {charter.LinkageModel}; this enclave has {string.Join(" and ", _models.Select(model => model.Digest))}.", "linkageModel",
            "Give its file as Matching:LinkageModel.");
}
