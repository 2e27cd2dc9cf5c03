using CleanRoom.Charter;
using CleanRoom.Charter.Log;
using CleanRoom.Client.Attestation;
using CleanRoom.Cryptography;
using CleanRoom.Evidence;

namespace CleanRoom.Client.Logs;

/// <summary>
/// Verifies a whole log from its first entry: every signature, role, number and rule at its position, the witnesses' cosignatures, releases, epochs, and the
/// evidence of every enclave instance, all with nothing but the log.
/// </summary>
public sealed class LogAudit
{
    private const string RolledBack =
        "The log was rolled back: it is shorter than what was cosigned before; send nothing, and tell the other members. If entries are lost for good, all contributors sign a recovery (\"cleanroom charter recover\").";

    private readonly LogVerifier _verifier;
    private readonly AppraisalContext? _context;
    private readonly List<LogLine> _lines = [];
    private readonly List<InstanceAppraisal> _instances = [];
    private int _checkpoints;
    private int _dated;
    private int _releases;
    private string? _problem;

    private LogAudit(RoomId room, AppraisalContext? context) => (_verifier, _context) = (new LogVerifier(room), context);

    /// <summary>Verifies an exported log, offline.</summary>
    /// <param name="path">The folder or file that <see cref="LogExport"/> wrote.</param>
    /// <param name="kept">A cosigned position that the log must extend; null for none.</param>
    /// <param name="context">What instances' evidence is appraised with (<see cref="MemberProfile.ReadCollateral"/>); null: then simulated evidence alone can be trusted.</param>
    /// <param name="recovery">Number of the last recovery that the log held at that position; 0 for none.</param>
    /// <exception cref="ClientException">The file cannot be read or is no exported log. That the log does not verify is no exception but a finding.</exception>
    public static LogFindings Verify(string path, LogPosition? kept = null, AppraisalContext? context = null, int recovery = 0)
    {
        var items = LogExport.Read(path, out var room);
        var audit = new LogAudit(room, context);
        audit.Expect(kept, recovery);
        foreach (var item in items)
        {
            audit.Take(item);
        }

        return audit.Finish();
    }

    /// <summary>Reads the log anew from ingestion and verifies it.</summary>
    /// <param name="room">The room, connected.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static Task<LogFindings> VerifyAsync(RoomClient room, CancellationToken cancellationToken) => VerifyAsync(room, null, cancellationToken);

    /// <summary>The same, with other collateral than the profile's.</summary>
    /// <param name="room">The room, connected.</param>
    /// <param name="context">What instances' evidence is appraised with; null: the collateral of the room's profile.</param>
    /// <param name="cancellationToken">Stops.</param>
    public static async Task<LogFindings> VerifyAsync(RoomClient room, AppraisalContext? context, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(room);
        var kept = room.Memory.Checkpoint;
        var audit = new LogAudit(room.Room, context ?? room.Profile.ReadCollateral());
        audit.Expect(kept, room.Memory.Recovery);
        await foreach (var item in LogExport.ReadAsync(room, cancellationToken).ConfigureAwait(false))
        {
            audit.Take(item);
        }

        return audit.Finish();
    }

    private void Expect(LogPosition? kept, int recovery)
    {
        if (kept is not null)
        {
            _verifier.Expect(kept, recovery);
        }
    }

    private void Take(LogItem item)
    {
        if (_problem is not null)
        {
            return;
        }

        switch (item)
        {
            case LogItem.Leaf { Bytes.IsEmpty: true } leaf:
                _lines.Add(Describe(_verifier.AppendHash(leaf.Hash)));
                break;
            case LogItem.Leaf leaf when MerkleTree.LeafHash(leaf.Bytes.Span) != leaf.Hash:
                _problem = $"Entry {_verifier.Size} does not have the hash that stands beside it: the file was changed; export it again.";
                break;
            case LogItem.Leaf leaf:
                var outcome = _verifier.Append(leaf.Bytes);
                _lines.Add(Describe(outcome));
                Follow(outcome);
                break;
            case LogItem.Note note when !SignedCheckpoint.TryParse(note.Text, out var parsed):
                _problem = "A checkpoint is not a signed note: the log was changed; ask another member for its copy.";
                _ = parsed;
                break;
            case LogItem.Note note:
                Accept(note.Text);
                break;
        }
    }

    private void Accept(string text)
    {
        _ = SignedCheckpoint.TryParse(text, out var note);
        if (_verifier.TryAccept(note!, out var cosigned, out var refusal))
        {
            _checkpoints++;
            for (; _dated < _lines.Count && _dated < cosigned.Size; _dated++)
            {
                _lines[_dated] = _lines[_dated] with { RoomTime = cosigned.Time.Opening };
            }

            return;
        }

        // A copy that grew from visit to visit holds checkpoints from before the kept one; that one, and the last, decide.
        if (refusal == CheckpointRefusal.Shrunk && note!.Checkpoint.Size == _verifier.Size && note.Checkpoint.Root == _verifier.Root
            && note.Checkpoint.Size < _verifier.Expected)
        {
            return;
        }

        _problem = refusal switch
        {
            CheckpointRefusal.WrongRoot => "The log was forked or changed: its entries do not give the root that was signed, or contradict what was cosigned before; compare with another member's copy.",
            CheckpointRefusal.Shrunk => RolledBack,
            CheckpointRefusal.TooFewCosignatures => "The checkpoint carries too few valid cosignatures of the charter's witnesses; believe nothing of this log until a quorum has cosigned it.",
            CheckpointRefusal.NoGenesis => "The log does not begin with a charter that all its contributors signed; compare its first entry with the charter that you signed.",
            _ => $"A checkpoint does not verify ({refusal}); ask another member for its copy.",
        };
    }

    private void Follow(EntryOutcome outcome)
    {
        if (!outcome.IsAccepted)
        {
            return;
        }

        switch (outcome.Entry!.Entry)
        {
            case InstanceEntry instance:
                _instances.Add(InstanceAppraisal.Of(instance, _verifier.State.CharterAtSize(outcome.Index)!, _context));
                break;
            case ReleaseEntry:
                _releases++;
                break;
        }
    }

    private LogFindings Finish()
    {
        var state = _verifier.State;
        var covered = _verifier.Cosigned?.Size ?? 0;
        _problem ??= _verifier switch
        {
            { Cosigned: null } => "No cosigned checkpoint covers the log: believe nothing of it.",
            _ when covered < _verifier.Expected => RolledBack,
            _ when covered < _verifier.Size => $"Entries from {covered} on are not covered by a cosigned checkpoint: believe only those before.",
            _ => null,
        };
        return new LogFindings(
            state.Room, state.Charter?.Simulated ?? false, state.Charter,
            _verifier.Cosigned is { } cosigned ? state.CharterAt(cosigned.Time).Status : CharterStatus.None,
            _verifier.Cosigned, _checkpoints, _lines, _instances, _releases, state.LastEpoch, _problem);
    }

    private static LogLine Describe(EntryOutcome outcome)
    {
        var entry = outcome.Entry?.Entry;
        return new LogLine(outcome.Index, entry?.Type, entry?.Author?.Value, outcome.Effect, outcome.Reason, entry is null ? "" : Words(entry)) { Entry = entry };
    }

    private static string Words(Entry entry) => entry switch
    {
        CharterEntry charter => $"version {charter.Content.Charter.Version} {charter.Content.Charter.Hash}",
        VetoEntry veto => $"version {veto.Version} {veto.Charter}",
        PersonEntry { Revoke: true } person => $"{person.Person} revoked",
        PersonEntry person => $"{person.Person}: {string.Join(", ", Keys.RoleWords.Write(person.Roles))}",
        KeyEntry key => $"{(key.Purpose == KeyPurpose.Record ? "record" : "inbox")} key {key.Period}",
        ListingEntry listing => $"{listing.Contributors.Count} contributors, {listing.Agencies.Count} agencies",
        BatchEntry batch => $"{batch.Slots} slots",
        TombstoneEntry tombstone => $"{tombstone.Records.Count} slots",
        FreezeEntry freeze => freeze.Frozen ? "frozen" : "not frozen",
        ErasureEntry erasure => $"record key {erasure.Period} destroyed ({erasure.Custody})"
            + (erasure.RecoverableUntil is { } until ? $", recoverable until {ProtocolTime.Write(until)}" : ""),
        ResealEntry reseal => $"a batch of {reseal.Member}, sealed to its record key {reseal.Period}",
        ActResealEntry reseal => $"an act of {reseal.Member}, sealed to its record key {reseal.Period}",
        InstanceEntry instance => $"generation {instance.Generation}",
        ReleaseEntry release => $"generation {release.Generation}, until {ProtocolTime.Write(release.LeaseEnds)}",
        EpochEntry epoch => $"epoch {epoch.Epoch}, {(epoch.Evaluated ? "evaluated" : "not evaluated")}"
            + (epoch.Disclosed.Count > 0 ? $", discloses for {string.Join(", ", epoch.Disclosed)}" : "")
            + (epoch.Automatic.Count > 0 ? $", gives facts by a rule of the charter: {string.Join(", ", epoch.Automatic)}" : "")
            + (epoch.Emergencies.Count > 0 ? $", answers emergencies {string.Join(", ", epoch.Emergencies)}" : ""),
        ActEntry { About: { } about } act => $"{act.Id}, about request {about}",
        ActEntry act => $"{act.Id}, sealed",
        RecoveryEntry { Content.Statement: var statement } =>
            $"recovery {statement.Number}: goes on from {statement.Surviving.Size} entries, at most {statement.Gap} are lost ({statement.Reason})",
        ResumeEntry resume => $"after recovery {resume.Number}",
        ConfirmEntry confirm => $"second person for {confirm.Of}",
        _ => "unknown",
    };
}
