using CleanRoom.Charter;
using CleanRoom.Cryptography;
using CleanRoom.Records;
using CleanRoom.Records.Import;
using CleanRoom.Records.V1;
using Google.Protobuf;

namespace CleanRoom.Client.Uploads;

/// <summary>Compares rows with what stands in the room: what is new, changed, unchanged, without a grant, to be withdrawn.</summary>
/// <param name="ledger">What this profile has uploaded before.</param>
/// <param name="today">By room time, the later end of what it may be: a grant must be live then too. Null while the room was not asked.</param>
internal sealed class UploadPlanner(RecordLedger ledger, DateOnly? today)
{
    private const int MaxReference = 64;

    private readonly List<LedgerRecord> _withdraw = [];
    private int _new;
    private int _changed;
    private int _unchanged;
    private int _notSealed;
    private int _aggregateOnly;

    /// <summary>The rows so far.</summary>
    public UploadPlan Plan => new(_new, _changed, _unchanged, _notSealed, _withdraw.Count, _aggregateOnly);

    /// <summary>Records in the room whose grant has ended by what the rows say.</summary>
    public List<LedgerRecord> Withdraw => _withdraw;

    /// <summary>Whether a row is a record with a reference; rows of published statistics are none.</summary>
    /// <exception cref="ClientException">The reference is missing or too long.</exception>
    public static bool IsRecord(ImportedRow row)
    {
        if (!row.AggregateOnly && row.Record.ContributorRecordRef.Length is 0 or > MaxReference)
        {
            throw new ClientException(ClientProblem.BadData, $"Row {row.RowNumber}: the record's own reference must have 1 to 64 characters: name another column with --ref.");
        }

        return !row.AggregateOnly;
    }

    /// <summary>Looks at a row, and says what is to be sent of it.</summary>
    /// <returns>Null if nothing is.</returns>
    public PlannedRecord? Take(ImportedRow row)
    {
        if (!IsRecord(row))
        {
            _aggregateOnly++;
            return null;
        }

        var seal = Decide(row);
        var reference = row.Record.ContributorRecordRef;
        var known = ledger.Find(reference);
        if (!seal.Any)
        {
            _notSealed++;
            if (known is { Withdrawn: false, Slots.Count: > 0 })
            {
                _withdraw.Add(known);
            }

            return null;
        }

        var record = row.Record;
        if (known?.IsDecoy == true)
        {
            if (!seal.Identity)
            {
                throw new ClientException(ClientProblem.BadData, $"Row {row.RowNumber}: a decoy that may not be compared alarms nobody: give it the consents of a real case, or take the row out.");
            }

            record = record.Clone();
            record.Decoy = true;
        }

        // By its opening, not by the commitment: that names the record, which may get its id only now.
        var evidence = known is { IsDecoy: false, Evidence: [.., var newest] } ? newest : null;
        if (evidence is not null)
        {
            record = record.Clone();
            record.Evidence = ByteString.CopyFrom(evidence.Opening.Span);
        }

        var content = ContentDigest.Of(record, seal);
        if (known is { Withdrawn: false } && known.Content == content)
        {
            _unchanged++;
            return null;
        }

        var (id, version) = known switch
        {
            null or { Withdrawn: true } => ((Guid?)null, 1),
            { IsReserved: true } => (known.RecordId, known.Version),
            _ => (known.RecordId, known.Version + 1),
        };
        _ = version == 1 ? _new++ : _changed++;
        return new PlannedRecord(record, seal, id, version, content) { Evidence = evidence };
    }

    /// <summary>The file was read by this machine's clock; what counts is the room's. Both must find the grant live.</summary>
    private SealDecision Decide(ImportedRow row)
    {
        if (today is not { } day)
        {
            return row.Seal;
        }

        var now = SealDecision.For(row.Record, day);
        return new SealDecision(row.Seal.Identity && now.Identity, row.Seal.Analytic && now.Analytic, now.Reason);
    }
}

/// <summary>A record that is to be sent.</summary>
/// <param name="Record">As the file has it.</param>
/// <param name="Seal">What of it is sealed.</param>
/// <param name="Id">The id that it has; null if it is to get one.</param>
/// <param name="Version">Its version.</param>
/// <param name="Content">Digest of the content, for the record map.</param>
internal sealed record PlannedRecord(CaseRecord Record, SealDecision Seal, Guid? Id, int Version, string Content)
{
    /// <summary>Where its case is filed; null if nobody has said so.</summary>
    public LedgerEvidence? Evidence { get; init; }

    /// <summary>Whether a charter with audits lets it in.</summary>
    public bool MayBeAudited => Evidence is not null || Record.Decoy || !Seal.Identity;

    /// <summary>Makes what is sealed.</summary>
    /// <param name="room">The room.</param>
    /// <param name="member">The contributor.</param>
    public SealItem ToItem(RoomId room, MemberId member)
    {
        var id = Id ?? RandomUuid.New();
        var copy = Record.Clone();
        copy.ContributorId = member.Value;
        copy.RecordId = ByteString.CopyFrom(id.ToByteArray(bigEndian: true));
        copy.RecordVersion = (uint)Version;
        copy.Supersedes = Version > 1 ? copy.RecordId : ByteString.Empty;
        if (Evidence?.Commit(room, member, id) is { } commitment)
        {
            copy.Evidence = ByteString.CopyFrom(commitment.Span);
        }
        else if (copy.Decoy)
        {
            // Nobody draws it; it must only be as long as every other record.
            copy.Evidence = ByteString.CopyFrom(Digest.Of([.. "cleanroom/v1/decoy-evidence\0"u8, .. id.ToByteArray(bigEndian: true)]).Span);
        }

        var parts = CaseRecordParts.Split(copy);
        return new SealItem(Record.ContributorRecordRef, id, Version, Content, Seal.Identity ? parts.Identity : null, Seal.Analytic ? parts.Analytic : null);
    }
}
