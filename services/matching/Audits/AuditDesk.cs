using System.Security.Cryptography;
using System.Text;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Audits;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;

namespace CleanRoom.Matching.Audits;

/// <summary>
/// Draws records of each contributor for the auditor, once a quarter, and compares what is opened with what the log binds. Which ones depends on the cosigned root and on the room secrets of all whose keys are here:
/// nobody who lacks one of them can work it out before, so that neither the contributor nor the operator chooses. A function of the log and the keys, as everything in the enclave.
/// </summary>
internal sealed class AuditDesk
{
    private readonly Queue<(MemberId Author, AuditOpening Answer)> _heard = [];
    private readonly HashSet<Digest> _opened = [];
    private readonly Dictionary<Digest, AuditState> _told = [];

    /// <summary>An answer that two people have signed.</summary>
    public void Hear(MemberId author, RoomAct.SampleOpening act) => _heard.Enqueue((author, act.Answer));

    /// <summary>At an epoch's end, before anything is taken: judges what was opened, draws what is due and lets both be told.</summary>
    /// <param name="state">The room at the epoch's position.</param>
    /// <param name="shelf">The records at that position.</param>
    /// <param name="outbox">Takes what is to be told.</param>
    /// <param name="time">Room time of the epoch.</param>
    /// <param name="root">Of the cosigned checkpoint.</param>
    /// <param name="keys">Room secrets.</param>
    /// <param name="reached">Members that get messages in this epoch. Whose keys are not here is drawn when they are: who freezes at the end of a quarter gets out of nothing.</param>
    /// <returns>What the epoch's entry names.</returns>
    public IReadOnlyList<EpochAudit> Work(RoomState state, RecordShelf shelf, Outbox outbox, RoomTime time, Digest root, KeyRing keys, IReadOnlyList<MemberId> reached)
    {
        while (_heard.TryDequeue(out var item))
        {
            Judge(item.Author, item.Answer, state, shelf, outbox);
        }

        if (state.Charter!.Audits is not { } terms)
        {
            return [];
        }

        foreach (var contributor in state.Charter.Contributors)
        {
            Tell(contributor.Id, terms, state, outbox, time);
        }

        var drawn = new List<EpochAudit>();
        foreach (var member in reached)
        {
            if (state.AuditDue(member, time.Opening) is { } quarter)
            {
                var sample = Draw(member, quarter, terms, state, shelf, root, keys);
                outbox.Post(member, new RoomMessage.AuditDraw(sample, Outbox.Whole(terms.AnswerWithin.After(time.Opening))), null);
                drawn.Add(new EpochAudit(member, quarter, sample.DigestIn(state.Room, member)));
            }
        }

        return drawn;
    }

    /// <summary>Whether a contributor is told nothing new: it has opened nothing in time, or has not passed.</summary>
    public bool IsPaused(MemberId contributor, RoomState state, RoomTime time) =>
        state.Charter!.Audits is { } terms && state.AuditsOf(contributor).Any(audit => StateOf(audit, terms, time) is AuditState.Failed or AuditState.Overdue);

    private AuditState? StateOf(LoggedAudit audit, AuditTerms terms, RoomTime time) => audit.Result switch
    {
        AuditResult.Passed => AuditState.Passed,
        AuditResult.Failed => AuditState.Failed,
        AuditResult.Overdue => AuditState.Overdue,
        _ when _opened.Contains(audit.Of.Sample) => AuditState.Opened,
        _ => time.Expiring >= terms.AnswerWithin.After(audit.RoomTime) ? AuditState.Overdue : null,
    };

    private void Judge(MemberId author, AuditOpening answer, RoomState state, RecordShelf shelf, Outbox outbox)
    {
        // What is said to be withdrawn must be gone: nobody keeps a record in the room and its case out of the auditor's sight.
        if (state.Audit(author, answer.Sample.Quarter) is { } audit && answer.Answers(state.Room, author, audit.Of.Sample)
            && answer.Records.All(record => record.Evidence is not null || shelf.Find(author, record.Drawn.Record) is null))
        {
            _ = _opened.Add(audit.Of.Sample);
        }
        else
        {
            outbox.Post(author, new RoomMessage.AuditNews(answer.Sample.Quarter, AuditState.Refused), null);
        }
    }

    private void Tell(MemberId contributor, AuditTerms terms, RoomState state, Outbox outbox, RoomTime time)
    {
        foreach (var audit in state.AuditsOf(contributor))
        {
            if (StateOf(audit, terms, time) is { } now && (!_told.TryGetValue(audit.Of.Sample, out var told) || told != now))
            {
                _told[audit.Of.Sample] = now;
                outbox.Post(contributor, new RoomMessage.AuditNews(audit.Of.Quarter, now), null);
            }
        }
    }

    /// <summary>Draws.</summary>
    internal static AuditSample Draw(MemberId member, string quarter, AuditTerms terms, RoomState state, RecordShelf shelf, Digest root, KeyRing keys)
    {
        using var key = KeyOf(member, quarter, state.Room, root, keys);
        var from = state.AuditsOf(member).LastOrDefault()?.Through ?? 0;
        var drawn = shelf.Of(member)
            // A decoy has no case: drawn, it would be found out, or fail an honest contributor.
            .Where(record => !record.IsDecoy && RecordShelf.BatchOf(record.Handle) >= from)
            .OrderBy(record => Mac(key, [.. "rank\0"u8, .. record.Id.ToByteArray(bigEndian: true)]), Comparer<byte[]>.Create(static (a, b) => a.AsSpan().SequenceCompareTo(b)))
            .Select(record => (record.Id, Commitment: record.Read().Evidence.Span is var bytes && Digest.TryFromBytes(bytes, out var digest) ? digest : null))
            .Where(item => item.Commitment is not null)
            .Take(terms.PerQuarter)
            .Select(item => new DrawnRecord(item.Id, item.Commitment!))
            .OrderBy(item => item.Record.ToString("D"), StringComparer.Ordinal)
            .ToList();
        var withdrawn = state.Batches.Values.Where(batch => batch.Contributor == member && batch.Index >= from).Sum(batch => batch.Withdrawn.Count());
        return new AuditSample(quarter, Mac(key, "salt"u8), CountBand.Of(withdrawn), drawn);
    }

    private static SecretBytes KeyOf(MemberId member, string quarter, RoomId room, Digest root, KeyRing keys)
    {
        var secrets = keys.Members.Order().Select(owner => keys.TryGet(owner, out var held) ? held.RoomSecret : null).OfType<SecretBytes>().ToList();
        var ikm = new byte[secrets.Sum(secret => secret.Length)];
        try
        {
            var at = 0;
            foreach (var secret in secrets)
            {
                using var lent = secret.Borrow();
                lent.Span.CopyTo(ikm.AsSpan(at));
                at += secret.Length;
            }

            return SecretBytes.Hkdf(ikm, root.Span, Encoding.ASCII.GetBytes($"cleanroom/v1/audit\0{room}\0{member}\0{quarter}"), 32);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(ikm);
        }
    }

    private static byte[] Mac(SecretBytes key, ReadOnlySpan<byte> text)
    {
        using var secret = key.Borrow();
        return HMACSHA256.HashData(secret.Span, text);
    }
}
