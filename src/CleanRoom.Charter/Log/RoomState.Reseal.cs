using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <content>What the enclave seals anew when a contributor's next cryptoperiod has begun.</content>
public sealed partial class RoomState
{
    private readonly Dictionary<Digest, LoggedBatch> _batchesByHash = [];
    private readonly HashSet<BatchId> _resealed = [];

    /// <summary>Gives a batch by the leaf hash of its own entry; null if this view shows none.</summary>
    public LoggedBatch? BatchOf(Digest leafHash) => _batchesByHash.GetValueOrDefault(leafHash);

    /// <summary>A member's batches that an older record key seals than the current one, oldest first; those whose key is destroyed are lost and not among them.</summary>
    public IEnumerable<LoggedBatch> ToReseal(MemberId member) => CurrentKey(member, KeyPurpose.Record) is not { } current
        ? []
        : _batches.Values.Where(batch => batch.Contributor == member && batch.Sealed.Period < current.Period && ErasureOf(member, batch.Sealed.Period) is null).OrderBy(batch => batch.Index);

    /// <summary>A member's acts that an older record key seals than the current one, oldest first; those whose key is destroyed are lost and not among them.</summary>
    public IEnumerable<LoggedAct> ActsToReseal(MemberId member) => CurrentKey(member, KeyPurpose.Record) is not { } current
        ? []
        : _acts.Values.Where(act => act.Entry.Author == member && act.Sealed.Period < current.Period && ErasureOf(member, act.Sealed.Period) is null).OrderBy(act => act.Index);

    private IgnoredReason ApplyReseal(SignedEntry signed, ResealEntry entry)
    {
        var reason = JudgeReseal(signed, entry);
        if (reason == IgnoredReason.None)
        {
            var batch = _batchesByHash[entry.Of];
            _ = _resealed.Add(entry.Batch);
            batch.Reseal(batch.Manifest with { Batch = entry.Batch, Enc = entry.Enc, Key = entry.Key, Period = entry.Period, Parts = entry.Parts });
        }

        return reason;
    }

    private IgnoredReason JudgeReseal(SignedEntry signed, ResealEntry entry)
    {
        var reason = CheckInstance(signed, entry.Generation);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (!_batchesByHash.TryGetValue(entry.Of, out var batch) || batch.Contributor != entry.Member || batch.Manifest.Parts.Count != entry.Parts.Count)
        {
            return IgnoredReason.UnknownRecord;
        }

        if (_batches.ContainsKey(entry.Batch) || _resealed.Contains(entry.Batch))
        {
            return IgnoredReason.BatchExists;
        }

        return IsLaterKey(entry.Member, entry.Period, batch.Sealed.Period) && CurrentKey(entry.Member, KeyPurpose.Record)!.Key.Id == entry.Key
            ? IgnoredReason.None
            : IgnoredReason.WrongRecordKey;
    }

    private IgnoredReason ApplyActReseal(SignedEntry signed, ActResealEntry entry)
    {
        var reason = CheckInstance(signed, entry.Generation);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (Act(entry.Of) is not { } act || act.Entry.Author != entry.Member)
        {
            return IgnoredReason.UnknownAct;
        }

        if (!IsLaterKey(entry.Member, entry.Period, act.Sealed.Period))
        {
            return IgnoredReason.WrongRecordKey;
        }

        _acts[act.Entry.Id] = act with { Resealed = act.Entry with { Period = entry.Period, Sealed = entry.Sealed } };
        return IgnoredReason.None;
    }

    /// <summary>Whether a period is the member's current one, its key lives, and it is later than the one that sealed so far.</summary>
    private bool IsLaterKey(MemberId member, int period, int before) =>
        CurrentKey(member, KeyPurpose.Record)?.Period == period && period > before && ErasureOf(member, period) is null;
}
