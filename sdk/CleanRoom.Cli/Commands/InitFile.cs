using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using CleanRoom.Charter;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Rooms;
using CleanRoom.Records.Import;
using CleanRoom.Records.Lists;
using CleanRoom.Records.Normalisation;

namespace CleanRoom.Cli.Commands;

/// <summary>The last steps of "init": how the first file is read, its manifest, its upload.</summary>
internal static class InitFile
{
    private static readonly JsonSerializerOptions Indented = new(JsonSerializerDefaults.Web)
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    /// <summary>A file, and how it is imported.</summary>
    internal sealed record Choice(string File, string Manifest, ImportOptions Options);

    /// <summary>Asks for the file, its mapping, its reference and its manifest; null if the person stops.</summary>
    public static async Task<Choice?> AskAsync(Call call, Dialogue dialogue, MemberProfile profile)
    {
        var file = dialogue.Ask(call.Words["init.file.name"]);
        if (file.Length == 0)
        {
            return null;
        }

        var manifest = Path.Combine(Path.GetDirectoryName(Path.GetFullPath(file))!, $"{profile.Member}.manifest.json");
        if (!File.Exists(manifest))
        {
            await WriteManifestAsync(call, dialogue, profile, manifest).ConfigureAwait(false);
        }

        var options = new ImportOptions
        {
            ContributorId = profile.Member.Value,
            Manifest = DatasetManifest.Parse(await File.ReadAllTextAsync(manifest, call.Token).ConfigureAwait(false)),
            Time = Call.Time,
        };
        var saved = Path.Combine(Path.GetDirectoryName(manifest)!, RecordsMapping.ProfileFor(Path.GetFileName(file)));
        var proposal = File.Exists(saved)
            ? await ProposeAsync(call, file, options with { Profile = saved }).ConfigureAwait(false)
            : await RecordsMapping.AskAsync(call, file, options, saved).ConfigureAwait(false);
        var columns = proposal.Columns.Select(column => column.Header).ToList();
        var usual = Math.Max(0, proposal.Columns.ToList().FindIndex(column => column.Field == "Ref"));
        var at = dialogue.Choose(call.Words["init.file.ref"], [.. columns, call.Words["init.file.noref"]], usual);
        return new Choice(file, manifest, options with { Profile = saved, RefPattern = at < columns.Count ? columns[at] : null });
    }

    /// <summary>Reads the file, shows the report, asks once more, seals and sends.</summary>
    public static async Task<int> UploadAsync(Call call, Dialogue dialogue, MemberProfile profile, RoomId id, Choice choice)
    {
        var upload = new FileUpload(choice.File, choice.Options, await File.ReadAllBytesAsync(choice.Manifest, call.Token).ConfigureAwait(false));
        var (report, question) = await upload.ReadAsync(call, profile, id).ConfigureAwait(false);
        if (question is not null)
        {
            return RecordsCommands.Question(call, question);
        }

        CheckReport.Print(call, choice.File, report);
        var sealable = report.IdentitySealed + report.AnalyticOnly;
        if (sealable == 0)
        {
            call.Screen.Line(call.Words["init.upload.none"]);
            return ExitCodes.Ok;
        }

        if (!dialogue.Confirm(call.Words.Format("init.upload.go", sealable)))
        {
            call.Screen.Line(call.Words["init.stop"]);
            return ExitCodes.Ok;
        }

        using var room = await RoomClient.ConnectAsync(profile, id, new RoomClientOptions { Endpoints = call.Endpoints, Time = Call.Time }, call.Token).ConfigureAwait(false);
        var exit = await upload.SendAsync(call, room).ConfigureAwait(false);
        if (exit == ExitCodes.Ok)
        {
            call.Screen.Line(call.Words["init.end"]);
        }

        return exit;
    }

    private static async Task<MappingProposal> ProposeAsync(Call call, string file, ImportOptions options)
    {
        var stream = CaseFile.Open(file);
        await using (stream.ConfigureAwait(false))
        {
            return await MappingProposal.OfAsync(stream, options, call.Token).ConfigureAwait(false);
        }
    }

    private static async Task WriteManifestAsync(Call call, Dialogue dialogue, MemberProfile profile, string path)
    {
        call.Screen.Line(call.Words.Format("init.file.manifest", path));
        var catchment = dialogue.Ask(call.Words["init.file.catchment"]);
        var frameworks = CodeLists.Get("determinationFramework").Values;
        var framework = frameworks[dialogue.Choose(call.Words["init.file.framework"], [.. frameworks.Select(value => value.Label)], 0)];
        var countries = new List<string>();
        _ = dialogue.Ask(call.Words["init.file.countries"], text =>
        {
            countries.Clear();
            foreach (var word in text.Split([',', ';', '،'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
            {
                if (Countries.Find(word) is not { } code)
                {
                    return call.Words.Format("init.file.nocountry", word);
                }

                countries.Add(code);
            }

            return countries.Count > 0 ? null : call.Words["init.file.countries"];
        });
        var manifest = new DatasetManifest { ContributorId = profile.Member.Value, Name = profile.Member.Value, Catchment = catchment, DefinitionFramework = framework.Code, Jurisdiction = countries };
        await File.WriteAllTextAsync(path, JsonSerializer.Serialize(manifest, Indented) + "\n", call.Token).ConfigureAwait(false);
    }
}
