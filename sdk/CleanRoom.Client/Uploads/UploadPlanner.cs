using CleanRoom.Charter;
using CleanRoom.Records;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Client.Uploads;

/// <summary>Compares a file with what stands in the room: what is new, changed, unchanged, without a grant, to be withdrawn.</summary>
internal static class UploadPlanner
{
    private const int MaxReference = 64;

    /// <summary>Plans.</summary>
    /// <param name="import">The file as read.</param>
    /// <param name="ledger">What this profile has uploaded before.</param>
    /// <param name="member">The contributor.</param>
    /// <param name="today">By room time, the later end of what it may be: a grant must be live then.</param>
    /// <exception cref="ClientException">A reference is missing, too long or doubled.</exception>
    public static (List<SealItem> Items, List<LedgerRecord> Withdraw, UploadPlan Plan) Plan(ImportResult import, RecordLedger ledger, MemberId member, DateOnly today)
    {
        var rows = new Dictionary<string, int>(StringComparer.Ordinal);
        var items = new List<SealItem>();
        var withdraw = new List<LedgerRecord>();
        int fresh = 0, changed = 0, unchanged = 0, notSealed = 0, aggregate = 0;
        foreach (var row in import.Rows)
        {
            if (row.AggregateOnly)
            {
                aggregate++;
                continue;
            }

            var reference = row.Record.ContributorRecordRef;
            if (reference.Length is 0 or > MaxReference)
            {
                throw new ClientException(ClientProblem.BadData, $"Row {row.RowNumber}: the record's own reference must have 1 to 64 characters: name another column with --ref.");
            }

            if (!rows.TryAdd(reference, row.RowNumber))
            {
                throw new ClientException(
                    ClientProblem.BadData, $"Rows {rows[reference]} and {row.RowNumber} have the same reference: each record needs its own; mend the file, or name another column with --ref.");
            }

            // The file was read by this machine's clock; what counts is the room's. Both must find the grant live.
            var now = SealDecision.For(row.Record, today);
            var seal = new SealDecision(row.Seal.Identity && now.Identity, row.Seal.Analytic && now.Analytic, now.Reason);
            var known = ledger.Find(reference);
            if (!seal.Any)
            {
                notSealed++;
                if (known is { Withdrawn: false, Slots.Count: > 0 })
                {
                    withdraw.Add(known);
                }

                continue;
            }

            var content = ContentDigest.Of(row.Record, seal);
            if (known is { Withdrawn: false } && known.Content == content)
            {
                unchanged++;
                continue;
            }

            var (id, version) = known switch
            {
                null or { Withdrawn: true } => (RecordIds.Random(), 1),
                { IsReserved: true } => (known.RecordId, known.Version),
                _ => (known.RecordId, known.Version + 1),
            };
            _ = version == 1 ? fresh++ : changed++;
            items.Add(MakeItem(row.Record, member, seal, reference, id, version, content));
        }

        return (items, withdraw, new UploadPlan(fresh, changed, unchanged, notSealed, withdraw.Count, aggregate));
    }

    private static SealItem MakeItem(CaseRecord record, MemberId member, SealDecision seal, string reference, Guid id, int version, string content)
    {
        var copy = record.Clone();
        copy.ContributorId = member.Value;
        copy.RecordId = ByteString.CopyFrom(id.ToByteArray(bigEndian: true));
        copy.RecordVersion = (uint)version;
        copy.Supersedes = version > 1 ? copy.RecordId : ByteString.Empty;
        var parts = CaseRecordParts.Split(copy);
        return new SealItem(reference, id, version, content, seal.Identity ? parts.Identity : null, seal.Analytic ? parts.Analytic : null);
    }
}
