using System.Text.Json;
using System.Text.Json.Nodes;

namespace CleanRoom.Client.Tests;

public sealed class CliTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("cleanroom-cli-");

    public static TheoryData<string, int, string[]> WrongCalls => new()
    {
        { "unknown command", 64, ["bogus"] },
        { "missing argument", 64, ["records", "check"] },
        { "no profile", 78, ["keys", "show", "--home", "{dir}/none"] },
        { "missing file", 66, ["records", "check", "{dir}/none.csv"] },
        { "empty file", 65, ["records", "check", "{dir}/empty.csv"] },
        { "not a charter", 65, ["charter", "show", "{dir}/empty.csv"] },
        { "missing charter", 66, ["charter", "show", "{dir}/none.json"] },
        { "missing linkage model", 66, ["charter", "model", "{dir}/none.json"] },
        { "not a linkage model", 65, ["charter", "model", "{dir}/empty.csv"] },
        { "a digest that is none", 66, ["charter", "init", "{dir}/draft.json", "--title", "x", "--linkage-model", "sha256:short"] },
        { "bad shell", 64, ["completion", "tcsh"] },
        { "no such log", 66, ["log", "verify", "{dir}/none"] },
        { "not a log", 65, ["log", "verify", "{dir}/empty.csv"] },
        { "no table to link", 66, ["link", "{dir}/none.csv"] },
        { "a table without a header", 65, ["link", "{dir}/empty.csv"] },
        { "a probability above one", 64, ["link", "{dir}/empty.csv", "--min", "2"] },
        { "no thread at all", 64, ["link", "{dir}/empty.csv", "--threads", "0"] },
        { "a field that is not there", 64, ["link", "{dir}/empty.csv", "--map", "name=bogus"] },
        { "no such configuration", 66, ["link", "{dir}/empty.csv", "--config", "{dir}/none.json"] },
        { "a configuration that is none", 65, ["link", "{dir}/empty.csv", "--config", "{dir}/empty.csv"] },
    };

    [Theory, MemberData(nameof(WrongCalls))]
    public async Task Cli_WrongCall_GivesOneLineAndItsExitCode(string what, int expected, string[] args)
    {
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "empty.csv"), "", TestContext.Current.CancellationToken);
        var (code, output, error) = await RunAsync([.. args.Select(arg => arg.Replace("{dir}", _folder.FullName, StringComparison.Ordinal))]);
        Assert.True(expected == code, $"{what}: {code} {error}");
        Assert.Equal("", output);
        Assert.Single(error.TrimEnd().Split('\n'));
        Assert.StartsWith("cleanroom: ", error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task CharterModel_ShippedOneChangedByHand_HasAnotherDigestThatADraftTakes()
    {
        var file = Path.Combine(_folder.FullName, "model.json");
        var shipped = JsonNode.Parse(await RunOkAsync("charter", "model", "--out", file, "--json"))!["result"]!;
        Assert.True((bool)shipped["ships"]!);
        Assert.Equal(73, (await RunAsync(["charter", "model", "--out", file])).Code);
        Assert.Equal((string)shipped["digest"]!, await DigestOfDraftAsync("plain.json"));

        await File.WriteAllTextAsync(file, (await File.ReadAllTextAsync(file, TestContext.Current.CancellationToken)).Replace("\"strong\": 18", "\"strong\": 20", StringComparison.Ordinal), TestContext.Current.CancellationToken);
        var changed = JsonNode.Parse(await RunOkAsync("charter", "model", file, "--json"))!["result"]!;
        Assert.False((bool)changed["ships"]!);
        Assert.Equal(20, (double)changed["model"]!["thresholds"]!["strong"]!);
        Assert.NotEqual((string)shipped["digest"]!, (string)changed["digest"]!);
        Assert.Equal((string)changed["digest"]!, await DigestOfDraftAsync("own.json", "--linkage-model", file));
        Assert.Contains("strongRareName", await RunOkAsync("charter", "model"), StringComparison.Ordinal);

        async Task<string> DigestOfDraftAsync(string name, params string[] more)
        {
            var draft = Path.Combine(_folder.FullName, name);
            _ = await RunOkAsync(["charter", "init", draft, "--title", "Trial (fictional)", "--simulated", .. more]);
            return (string)JsonNode.Parse(await File.ReadAllTextAsync(draft, TestContext.Current.CancellationToken))!["linkageModel"]!;
        }

        async Task<string> RunOkAsync(params string[] args)
        {
            var (code, output, error) = await RunAsync(args);
            Assert.True(code == 0, error);
            return output;
        }
    }

    [Fact]
    public async Task Cli_Json_IsOneObjectAlsoForErrors()
    {
        var (code, output, _) = await RunAsync(["keys", "create", "--member", "alpha", "--home", Path.Combine(_folder.FullName, "alpha"), "--json"]);
        Assert.Equal(0, code);
        using (var json = JsonDocument.Parse(output))
        {
            Assert.True(json.RootElement.GetProperty("ok").GetBoolean());
            Assert.Equal("alpha", json.RootElement.GetProperty("result").GetProperty("member").GetString());
        }

        (code, output, _) = await RunAsync(["room", "status", "--home", Path.Combine(_folder.FullName, "alpha"), "--json"]);
        Assert.Equal(78, code);
        using (var json = JsonDocument.Parse(output))
        {
            Assert.Equal(78, json.RootElement.GetProperty("error").GetProperty("exitCode").GetInt32());
        }
    }

    [Fact]
    public async Task Link_SamePersonTwice_GivesThePairWithItsReasons()
    {
        var table = Path.Combine(_folder.FullName, "persons.csv");
        await File.WriteAllLinesAsync(table, ["id,first name,surname,date of birth", "1,Elizabeth,Harrington,1980-02-03", "2,Liz,Harrington,03/02/1980", "3,Paul,Webb,1971-11-30"], TestContext.Current.CancellationToken);
        var (code, output, _) = await RunAsync(["link", table, "--json"]);
        Assert.Equal(0, code);
        using (var json = JsonDocument.Parse(output))
        {
            Assert.Equal(2, json.RootElement.GetProperty("result").GetProperty("clusters").GetInt32());
        }
        (code, output, _) = await RunAsync(["link", "explain", table, "--pair", "1", "2", "--json"]);
        Assert.Equal(0, code);
        using (var json = JsonDocument.Parse(output))
        {
            Assert.Contains(json.RootElement.GetProperty("result").GetProperty("fields").EnumerateArray(), f => f.GetProperty("level").GetString() == "known variant");
        }
    }

    [Theory, InlineData("bash"), InlineData("zsh"), InlineData("fish")]
    public async Task Completion_EachShell_NamesTheCommands(string shell)
    {
        var (code, output, _) = await RunAsync(["completion", shell]);
        Assert.Equal(0, code);
        Assert.Contains("receipts", output, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static async Task<(int Code, string Output, string Error)> RunAsync(string[] args)
    {
        var (code, output, error) = await Programs.CliAsync(args);
        return (code, output, error);
    }
}
