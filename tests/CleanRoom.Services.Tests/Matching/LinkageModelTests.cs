using System.Text.Json.Nodes;
using CleanRoom.Hosting.Startup;
using CleanRoom.Linkage.Models;
using CleanRoom.Transport;
using State = CleanRoom.Protocol.Matching.V1.GetStatusResponse.Types.State;

namespace CleanRoom.Services.Tests.Matching;

/// <summary>Whose numbers the enclave compares by: those that all contributors have signed, or nobody's.</summary>
[Collection(EnclaveTests.Name)]
public sealed class LinkageModelTests(Consortium consortium) : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-model-");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Start_CharterNamesAModelThatTheEnclaveLacks_HaltsAndAsksForNoKeys()
    {
        var other = Other(16.5);
        await using var room = await EnclaveRoom.OpenAsync(consortium, new RoomShape { LinkageModel = other.Digest });
        await room.Matching.StartAsync();

        var status = await room.Matching.HaltedAsync(nameof(ErrorReason.LinkageModelMissing));

        Assert.Empty(status.Keys);
        var state = await room.StateAsync();
        Assert.Null(state.CurrentInstance);
        Assert.Empty(state.Releases);
        await room.Matching.StopAsync();

        // The file of a third model does not help, whatever its name.
        room.Matching.Settings = ["--Matching:LinkageModel=" + Write(Other(17))];
        await room.Matching.StartAsync();
        _ = await room.Matching.HaltedAsync(nameof(ErrorReason.LinkageModelMissing));
        Assert.Null((await room.StateAsync()).CurrentInstance);
        await room.Matching.StopAsync();

        room.Matching.Settings = ["--Matching:LinkageModel=" + Write(other)];
        await room.Matching.StartAsync();
        _ = await room.Matching.WaitForAsync(now => now.State == State.Running, "the enclave with the model that was signed");
    }

    [Fact]
    public async Task Start_ModelFileBesideARoomOfTheShippedOne_ChangesNothing()
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        await room.UploadAsync("alpha", new Row("a1", "one@example.org"));
        await room.UploadAsync("bravo", new Row("b1", "one@example.org"));
        await room.UploadAsync("charlie", new Row("c1", "two@example.org"));
        var deaf = JsonNode.Parse(RoomModel.Shipped.ToJson())!;
        foreach (var threshold in deaf["thresholds"]!.AsObject().Select(number => number.Key).ToList())
        {
            deaf["thresholds"]![threshold] = 64;
        }

        room.Matching.Settings = ["--Matching:LinkageModel=" + Write(RoomModel.Parse(System.Text.Encoding.UTF8.GetBytes(deaf.ToJsonString())))];
        await room.Matching.StartAsync();
        await room.WaitForAsync(state => state.LastEvaluatedEpoch > 0, "the match");

        Assert.Equal("bravo", Assert.Single(EnclaveRoom.Pointers((await room.ReadAllAsync())["alpha"])).Counterpart!.Member.Value);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("not a model")]
    [InlineData(null)]
    public async Task Start_FileThatIsNoModel_RefusesToStartAndSaysSo(string? text)
    {
        await using var room = await EnclaveRoom.OpenAsync(consortium);
        var path = Path.Combine(_folder.FullName, "model.json");
        if (text is not null)
        {
            await File.WriteAllTextAsync(path, text, Token);
        }

        room.Matching.Settings = ["--Matching:LinkageModel=" + path];

        var refusal = await Assert.ThrowsAsync<StartupException>(() => room.Matching.StartAsync());
        Assert.StartsWith("Matching:LinkageModel: ", refusal.Message, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static RoomModel Other(double probable)
    {
        var model = JsonNode.Parse(RoomModel.Shipped.ToJson())!;
        model["thresholds"]!["probable"] = probable;
        return RoomModel.Parse(System.Text.Encoding.UTF8.GetBytes(model.ToJsonString()));
    }

    private string Write(RoomModel model)
    {
        var path = Path.Combine(_folder.FullName, Guid.NewGuid() + ".json");
        File.WriteAllText(path, model.ToJson());
        return path;
    }
}
