using System.Text.Json.Nodes;
using CleanRoom.Charter;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Uploads;
using CleanRoom.Records.Import;

namespace CleanRoom.Cli.Commands;

/// <summary>The upload of a case file. It is read twice, row by row: first to say what is wrong with it, then to seal.</summary>
/// <param name="path">The file.</param>
/// <param name="options">How it is read.</param>
/// <param name="manifest">Its dataset manifest.</param>
internal sealed class FileUpload(string path, ImportOptions options, byte[] manifest)
{
    private PlannedUpload? _planned;

    /// <summary>What the upload would do; after <see cref="ReadAsync"/>.</summary>
    public UploadPlan Plan => _planned!.Plan;

    /// <summary>Reads the file for the first time. Nothing is connected.</summary>
    /// <returns>The report; and the question, if the layout cannot be told: then no row was read.</returns>
    public async Task<(QualityReport Report, NeedsProfile? Question)> ReadAsync(Call call, MemberProfile profile, RoomId room)
    {
        using (var file = CaseFile.Open(path))
        {
            if (!file.CanSeek)
            {
                throw new ClientException(ClientProblem.NoInput, $"{path} can be read only once, and an upload reads it twice: save it to a file first.");
            }
        }

        return await CaseFile.ReadAsync(
            call, path, options, async (rows, _) => _planned = await Uploader.PlanAsync(profile, room, rows, call.Token).ConfigureAwait(false)).ConfigureAwait(false);
    }

    /// <summary>Seals, sends and says what came of it.</summary>
    public async Task<int> SendAsync(Call call, RoomClient room)
    {
        var result = await call.Screen.WithProgressAsync("Uploading", report => SendAsync(call, room, report is null ? null : new Direct(report))).ConfigureAwait(false);
        var plan = result.Plan;
        if (plan is { ToSend: 0, Unchanged: 0, ToWithdraw: 0, NotSealed: > 0 })
        {
            return call.Screen.Error(
                (int)ClientProblem.NotPermitted, "NoLiveGrant",
                $"Nothing was sealed: none of the {plan.NotSealed} rows has a live grant for matching (C2) or statistics (C1).", null, "Check the consent column with \"cleanroom records check\".");
        }

        call.Screen.Result(
            new JsonObject
            {
                ["room"] = room.Room.ToString(),
                ["new"] = plan.New,
                ["changed"] = plan.Changed,
                ["unchanged"] = plan.Unchanged,
                ["notSealed"] = plan.NotSealed,
                ["withdrawn"] = result.Withdrawn,
                ["aggregateOnly"] = plan.AggregateOnly,
                ["resumed"] = result.Resumed,
                ["bytes"] = result.Bytes,
                ["batches"] = new JsonArray([.. result.Batches.Select(ReceiptsCommands.ToJson)]),
            },
            room.Simulated,
            () =>
            {
                call.Screen.Line(call.Words.Format("upload.done", plan.New, plan.Changed, plan.Unchanged, plan.NotSealed, result.Withdrawn));
                if (result.Resumed > 0)
                {
                    call.Screen.Line("  " + call.Words.Format("upload.resumed", result.Resumed));
                }

                ReceiptsCommands.Table(call, result.Batches);
            });
        return ExitCodes.Ok;
    }

    private async Task<UploadResult> SendAsync(Call call, RoomClient room, IProgress<UploadProgress>? progress)
    {
        var file = CaseFile.Open(path);
        await using var closing = file.ConfigureAwait(false);
        var session = await CaseImporter.OpenAsync(file, options, call.Token).ConfigureAwait(false);
        await using var ending = session.ConfigureAwait(false);
        return await new Uploader(room).UploadAsync(_planned!, session.RowsAsync(call.Token), manifest, progress, call.Token).ConfigureAwait(false);
    }

    /// <summary>Reports on the caller's thread: the library's own class may report out of order.</summary>
    private sealed class Direct(Action<string, double, double> report) : IProgress<UploadProgress>
    {
        public void Report(UploadProgress value) => report(value.Step.ToString(), value.Records, value.TotalRecords);
    }
}
