using System.CommandLine;
using System.Text.Json.Nodes;
using CleanRoom.Charter.Log;
using CleanRoom.Cli.Output;
using CleanRoom.Client;
using CleanRoom.Client.Uploads;

namespace CleanRoom.Cli.Commands;

internal static class ReceiptsCommands
{
    public static Command Create()
    {
        var list = new Command("list", "List the receipts on this machine.");
        list.Handle(call =>
        {
            var profile = call.Profile();
            return Show(call, Uploader.VerifyOffline(profile, call.Room(profile)), verify: false);
        });
        var verify = new Command("verify", "Verify every receipt; fetch the proofs of provisional ones unless --offline.") { Common.Offline };
        verify.Handle(VerifyAsync);
        return new Command("receipts", "Receipts: that what was uploaded stands in the log.") { list, verify };
    }

    public static JsonObject ToJson(BatchReceipt receipt) => new()
    {
        ["batch"] = receipt.Receipt.Batch.ToString(),
        ["index"] = receipt.Receipt.Index,
        ["slots"] = receipt.Slots,
        ["status"] = receipt.Status.ToString(),
        ["simulated"] = receipt.Receipt.Simulated,
    };

    public static void Table(Call call, IReadOnlyList<BatchReceipt> receipts) => call.Screen.Table(
        ["batch", "position", "slots", "receipt", ""],
        receipts.Select(receipt => (IReadOnlyList<string>)
            [receipt.Receipt.Batch.ToString(), $"{receipt.Receipt.Index}", $"{receipt.Slots}", receipt.Status.ToString(), receipt.Receipt.Simulated ? "simulated" : ""]));

    private static async Task<int> VerifyAsync(Call call)
    {
        if (call.Get(Common.Offline))
        {
            var profile = call.Profile();
            return Show(call, Uploader.VerifyOffline(profile, call.Room(profile)), verify: true);
        }

        using var room = await call.ConnectAsync().ConfigureAwait(false);
        return Show(call, await new Uploader(room).GetReceiptsAsync(call.Token).ConfigureAwait(false), verify: true);
    }

    private static int Show(Call call, IReadOnlyList<BatchReceipt> receipts, bool verify)
    {
        if (verify && receipts.FirstOrDefault(receipt => receipt.Status is not (ReceiptStatus.Final or ReceiptStatus.Provisional)) is { } bad)
        {
            return call.Screen.Error(
                (int)ClientProblem.VerificationFailed, bad.Status.ToString(),
                $"The receipt of batch {bad.Receipt.Batch} does not verify ({bad.Status}).", null, "Restore the file from your backup, or tell the operator and the other members.");
        }

        var simulated = receipts.Any(receipt => receipt.Receipt.Simulated);
        call.Screen.Result(
            new JsonObject
            {
                ["receipts"] = new JsonArray([.. receipts.Select(ToJson)]),
                ["final"] = receipts.Count(receipt => receipt.Status == ReceiptStatus.Final),
                ["provisional"] = receipts.Count(receipt => receipt.Status == ReceiptStatus.Provisional),
            },
            simulated,
            () =>
            {
                Table(call, receipts);
                call.Screen.Line($"{receipts.Count(receipt => receipt.Status == ReceiptStatus.Final)} final, {receipts.Count(receipt => receipt.Status == ReceiptStatus.Provisional)} provisional.");
            });
        return ExitCodes.Ok;
    }
}
