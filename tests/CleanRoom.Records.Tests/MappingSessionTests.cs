using System.Diagnostics;

namespace CleanRoom.Records.Tests;

/// <summary>"cleanroom records map" at a terminal (util-linux script makes the pseudo-terminal), key by key.</summary>
public sealed class MappingSessionTests
{
    [Fact]
    public async Task RecordsMap_AtATerminal_AsksWhatIsUnclearAndSavesAProfileThatReadsTheWholeList()
    {
        Terminal.Require();
        var folder = Directory.CreateTempSubdirectory("map").FullName;
        try
        {
            var list = Path.Combine(folder, "list.csv");
            var profile = Path.Combine(folder, "list.profile.json");
            await File.WriteAllTextAsync(
                list, "Lijst 2024;;;;;\nDossiernummer;Naam;Geboren;Kanaal X;Mag gedeeld;Consent\nA1;Ana Ruiz;03/04/1990;+254700000301;ja;form B\nA2;Eva Gil;04/05/1991;+254700000302;ja;form B\n", TestContext.Current.CancellationToken);
            // What the screen shows, and the keys that follow it.
            (string Shown, string Keys)[] script =
            [
                ("\"Kanaal X\": what does it hold?", ""), ("[1]", "?\r"), ("RecruitmentPlace", ""), ("[1]", "nonsense\r"), ("That is no field.", ""), ("[1]", "3\r"),
                ("\"Mag gedeeld\"", ""), ("[1]", "ignore\r"),
                ("Column to change", "99\r"), ("There is no such column.", ""), ("Column to change", "\r"),
                ("Consent \"form B\" (2x)", ""), ("[1]", "3\r"),
                ("Dates such as 03/04/2024", ""), ("[1]", "2\r"), ("Saved", ""),
            ];

            Assert.Equal(0, await RunAsync($"records map {list} --save {profile}", script));

            var check = await OutputAsync($"records check {list} --profile {profile} --ref Dossiernummer --json");
            Assert.Contains("\"identitySealed\":2", check, StringComparison.Ordinal);
            Assert.DoesNotContain("ambiguous-date", check, StringComparison.Ordinal);
            Assert.Equal(64, await RunAsync($"records map {list} --save {profile} --accept", [("is there already", "")]));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<int> RunAsync(string arguments, IEnumerable<(string Shown, string Keys)> script) => (await Terminal.PlayAsync($"{Program} {arguments}", script)).Code;

    private static async Task<string> OutputAsync(string arguments)
    {
        using var process = Process.Start(new ProcessStartInfo("/bin/sh", ["-c", $"{Program} {arguments}"]) { RedirectStandardOutput = true })!;
        return await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    internal static string Program => "dotnet " + Path.Combine(AppContext.BaseDirectory, "cleanroom.dll");
}
