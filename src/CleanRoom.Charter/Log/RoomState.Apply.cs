using CleanRoom.Charter.Consent;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <content>The rules of each entry type.</content>
public sealed partial class RoomState
{
    /// <summary>Applies the next entry.</summary>
    /// <param name="index">Its position: must be <see cref="Size"/>.</param>
    /// <param name="leaf">The leaf's bytes.</param>
    /// <returns>What became of it; the same for everyone who applies the same entries.</returns>
    public EntryOutcome Apply(long index, ReadOnlyMemory<byte> leaf)
    {
        if (SignedEntry.TryParse(leaf.Span, out var entry, out var error))
        {
            return Apply(index, entry);
        }

        CheckIndex(index);
        _ = _frontier.Append(MerkleTree.LeafHash(leaf.Span));
        return new EntryOutcome(index, EntryEffect.Ignored, IgnoredReason.Malformed, null, Error: error);
    }

    /// <summary>Applies the next entry, parsed before: two states of one room may share what they hold.</summary>
    /// <param name="index">Its position: must be <see cref="Size"/>.</param>
    /// <param name="entry">The entry.</param>
    public EntryOutcome Apply(long index, SignedEntry entry)
    {
        ArgumentNullException.ThrowIfNull(entry);
        CheckIndex(index);
        var outcome = Judge(entry);
        if (outcome.IsAccepted)
        {
            _ids.Add(entry.Entry.Id);
        }

        _ = _frontier.Append(entry.LeafHash);
        return outcome;
    }

    /// <summary>
    /// Applies the next entry only if it has its effect; otherwise nothing changes. For the log's keeper, who refuses at the door what
    /// everyone would ignore.
    /// </summary>
    /// <param name="leaf">The leaf's bytes.</param>
    /// <returns>What became of it, or would become of it, at position <see cref="Size"/>.</returns>
    public EntryOutcome ApplyIfAccepted(ReadOnlyMemory<byte> leaf)
    {
        CheckIndex(Size);
        if (!SignedEntry.TryParse(leaf.Span, out var entry, out var error))
        {
            return new EntryOutcome(Size, EntryEffect.Ignored, IgnoredReason.Malformed, null, Error: error);
        }

        var outcome = Judge(entry);
        if (outcome.IsAccepted)
        {
            _ids.Add(entry.Entry.Id);
            _ = _frontier.Append(entry.LeafHash);
        }

        return outcome;
    }

    /// <summary>Tells why a batch, or one that was sealed anew, would be ignored if its manifest were the next entry; None if it would be accepted. Nothing changes.</summary>
    /// <param name="manifest">A parsed leaf with a <see cref="BatchEntry"/> or a <see cref="ResealEntry"/>.</param>
    public IgnoredReason CheckBatch(SignedEntry manifest)
    {
        var entry = manifest.Entry;
        return entry.Room != Room ? IgnoredReason.WrongRoom
            : Charter is null ? IgnoredReason.NoGenesis
            : _ids.Contains(entry.Id) ? IgnoredReason.DuplicateId
            : entry is ResealEntry reseal ? JudgeReseal(manifest, reseal)
            : !Charter.TryFind(entry.Author!, out _) ? IgnoredReason.NotAMember
            : JudgeBatch(manifest, (BatchEntry)entry);
    }

    /// <summary>Passes over an entry that the reader may only see the hash of.</summary>
    /// <param name="index">Its position: must be <see cref="Size"/>.</param>
    /// <param name="leafHash">Its leaf hash.</param>
    public EntryOutcome ApplyHash(long index, Digest leafHash)
    {
        CheckIndex(index);
        ArgumentNullException.ThrowIfNull(leafHash);
        HasUnseen = true;
        _ = _frontier.Append(leafHash);

        // Charters are for everyone to see: a log whose first entry is hidden has no genesis for this reader.
        return new EntryOutcome(index, EntryEffect.Unseen, IgnoredReason.None, null);
    }

    private void CheckIndex(long index)
    {
        if (index != Size)
        {
            throw new ArgumentException($"The entry at {Size} is next, not the one at {index}.", nameof(index));
        }

        if (Size >= MaxEntries)
        {
            throw new InvalidOperationException("The log is longer than a room's log may be.");
        }
    }

    private EntryOutcome Judge(SignedEntry signed)
    {
        var entry = signed.Entry;
        if (entry.Room != Room)
        {
            return Ignored(signed, IgnoredReason.WrongRoom);
        }

        if (entry is CharterEntry charterEntry && (Size == 0 || Charter is not null))
        {
            return ApplyCharter(signed, charterEntry);
        }

        if (Charter is null)
        {
            return Ignored(signed, IgnoredReason.NoGenesis);
        }

        if (_ids.Contains(entry.Id))
        {
            return Ignored(signed, IgnoredReason.DuplicateId);
        }

        if (entry is RecoveryEntry recovery)
        {
            return ApplyRecovery(signed, recovery) is var refused && refused == IgnoredReason.None
                ? new EntryOutcome(Size, EntryEffect.Accepted, IgnoredReason.None, signed)
                : Ignored(signed, refused);
        }

        if (entry.Author is { } author && !Charter.TryFind(author, out _))
        {
            return Ignored(signed, IgnoredReason.NotAMember);
        }

        var reason = entry switch
        {
            VetoEntry veto => ApplyVeto(signed, veto),
            PersonEntry person => ApplyPerson(signed, person),
            KeyEntry key => ApplyKey(signed, key),
            ListingEntry listing => ApplyListing(signed, listing),
            BatchEntry batch => ApplyBatch(signed, batch),
            TombstoneEntry tombstone => ApplyTombstone(signed, tombstone),
            FreezeEntry freeze => ApplyFreeze(signed, freeze),
            ErasureEntry erasure => ApplyErasure(signed, erasure),
            InstanceEntry instance => ApplyInstance(signed, instance),
            ReleaseEntry release => ApplyRelease(signed, release),
            EpochEntry epoch => ApplyEpoch(signed, epoch),
            ResealEntry reseal => ApplyReseal(signed, reseal),
            ActResealEntry reseal => ApplyActReseal(signed, reseal),
            ActEntry act => ApplyAct(signed, act),
            ConfirmEntry confirm => ApplyConfirm(signed, confirm),
            ResumeEntry resume => ApplyResume(signed, resume),
            VerdictEntry verdict => ApplyVerdict(signed, verdict),
            _ => IgnoredReason.UnknownType,
        };
        if (reason == IgnoredReason.UnknownSigner && HasUnseen && entry is not (VetoEntry or InstanceEntry or ReleaseEntry or ErasureEntry or EpochEntry or ResealEntry or ActResealEntry or ResumeEntry))
        {
            // The entry that gave this person a role may be one of those that this reader cannot see.
            return new EntryOutcome(Size, EntryEffect.Unseen, IgnoredReason.None, signed);
        }

        return reason == IgnoredReason.None
            ? new EntryOutcome(Size, EntryEffect.Accepted, IgnoredReason.None, signed)
            : Ignored(signed, reason);
    }

    private EntryOutcome Ignored(SignedEntry signed, IgnoredReason reason, CharterVerdict? verdict = null) =>
        new(Size, EntryEffect.Ignored, reason, signed, verdict);

    private EntryOutcome ApplyCharter(SignedEntry signed, CharterEntry entry)
    {
        var charter = entry.Content.Charter;
        if (_ids.Contains(entry.Id))
        {
            return Ignored(signed, IgnoredReason.DuplicateId);
        }

        if (charter.Room != Room)
        {
            return Ignored(signed, IgnoredReason.WrongRoom);
        }

        // The parent says who may propose; genesis says it of itself, and its contributors have signed it.
        if (!(Charter ?? charter).TryFind(entry.Author!, out var author))
        {
            return Ignored(signed, IgnoredReason.NotAMember);
        }

        if (signed.SignedBy != author.OrganisationKey.Id)
        {
            return Ignored(signed, IgnoredReason.UnknownSigner);
        }

        if (!signed.Verify(author.OrganisationKey))
        {
            return Ignored(signed, IgnoredReason.WrongSignature);
        }

        var verdict = entry.Content.Check(Charter, VetoesOf(charter.Hash));
        if (!verdict.TakesOver)
        {
            return Ignored(signed, IgnoredReason.CharterRefused, verdict);
        }

        _charters.Add((Size, charter));
        ForgetRemoved(charter);
        return new EntryOutcome(Size, EntryEffect.Accepted, IgnoredReason.None, signed, verdict);
    }

    /// <summary>Who leaves lists nobody and is listed by nobody, also if it comes back.</summary>
    private void ForgetRemoved(RoomCharter charter)
    {
        foreach (var (member, waiting) in _waitingListings.ToList())
        {
            if (charter.Contributor(member) is null || waiting.Wanted.Contributors.Any(other => charter.Contributor(other) is null)
                || waiting.Wanted.Agencies.Any(other => charter.Agency(other) is null))
            {
                _ = _waitingListings.Remove(member);
            }
        }

        foreach (var member in _listings.Keys.ToList())
        {
            if (charter.Contributor(member) is null)
            {
                _listings.Remove(member);
                continue;
            }

            var listing = _listings[member];
            _listings[member] = listing with
            {
                Contributors = listing.Contributors.Where(other => charter.Contributor(other) is not null).ToHashSet(),
                Agencies = listing.Agencies.Where(other => charter.Agency(other) is not null).ToHashSet(),
            };
        }

        foreach (var member in _releases.Keys.Where(member => !charter.TryFind(member, out _)).ToList())
        {
            _releases.Remove(member);
        }
    }

    private IgnoredReason ApplyVeto(SignedEntry signed, VetoEntry entry)
    {
        if (!Charter!.TryFind(entry.Author!, out var member) || !Charter.HasAVoice(member.Id))
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = CheckKey(signed, member.OrganisationKey);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (entry.Version <= Charter.Version)
        {
            return IgnoredReason.VetoTooLate;
        }

        if (!_vetoes.TryGetValue(entry.Charter, out var vetoes))
        {
            _vetoes[entry.Charter] = vetoes = [];
        }

        vetoes.Add(entry.Author!);
        return IgnoredReason.None;
    }

    private IgnoredReason ApplyPerson(SignedEntry signed, PersonEntry entry)
    {
        Charter!.TryFind(entry.Author!, out var member);
        var reason = CheckKey(signed, member!.OrganisationKey);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (entry.Revoke)
        {
            if (!_persons.TryGetValue(entry.Key.Id, out var person) || person.Member != entry.Author || person.Name != entry.Person || person.RevokedAt is not null)
            {
                return IgnoredReason.UnknownPerson;
            }

            _persons[entry.Key.Id] = person with { RevokedAt = Size };
            return IgnoredReason.None;
        }

        if (_usedKeys.Contains(entry.Key.Id) || IsCharterKey(entry.Key.Id))
        {
            return IgnoredReason.KeyUsed;
        }

        if (PersonsOf(entry.Author!).Take(MaxPersonKeys).Count() == MaxPersonKeys)
        {
            return IgnoredReason.LimitReached;
        }

        _usedKeys.Add(entry.Key.Id);
        _persons[entry.Key.Id] = new Person(entry.Author!, entry.Person, entry.Key, entry.Roles, Size, null);
        return IgnoredReason.None;
    }

    private IgnoredReason ApplyKey(SignedEntry signed, KeyEntry entry)
    {
        Charter!.TryFind(entry.Author!, out var member);
        var reason = CheckPerson(signed, PersonRoles.Approver);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        // A record key's private half is at a broker.
        if (entry.Purpose == KeyPurpose.Record && member!.Broker is null)
        {
            return IgnoredReason.NotAllowed;
        }

        var keys = _keys.TryGetValue((entry.Author!, entry.Purpose), out var known) ? known : [];
        if (entry.Period != keys.Count + 1)
        {
            return IgnoredReason.PeriodOutOfOrder;
        }

        if (_usedKeys.Contains(entry.Key.Id) || IsCharterKey(entry.Key.Id))
        {
            return IgnoredReason.KeyUsed;
        }

        _usedKeys.Add(entry.Key.Id);
        keys.Add(new MemberKey(entry.Period, entry.Key, Size));
        _keys[(entry.Author!, entry.Purpose)] = keys;
        return IgnoredReason.None;
    }

    private IgnoredReason ApplyListing(SignedEntry signed, ListingEntry entry)
    {
        if (Charter!.Contributor(entry.Author!) is null)
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = CheckPerson(signed, PersonRoles.Approver);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (entry.Contributors.Any(id => Charter.Contributor(id) is null) || entry.Agencies.Any(id => Charter.Agency(id) is null))
        {
            return IgnoredReason.UnknownMember;
        }

        _ = ConsentPurposes.TryParse(entry.Purposes, out var purposes);
        var wanted = new Listing(entry.Contributors.ToHashSet(), entry.Agencies.ToHashSet(), purposes, Size);
        var known = ListingOf(entry.Author!);
        _ = _waitingListings.Remove(entry.Author!);
        if (Charter.NeedsSecond.Contains(RoomCharter.ListingNeedsSecond, StringComparer.Ordinal) && !wanted.IsWithin(known))
        {
            // What it takes away counts at once: one person is enough to close.
            _waitingListings[entry.Author!] = new WaitingListing(wanted, entry.Id, signed.LeafHash, signed.SignedBy, _persons[signed.SignedBy].Name);
            if (known is not null)
            {
                _listings[entry.Author!] = known.Narrow(wanted);
            }

            return IgnoredReason.None;
        }

        _listings[entry.Author!] = wanted;
        return IgnoredReason.None;
    }

    private IgnoredReason ApplyBatch(SignedEntry signed, BatchEntry entry)
    {
        var reason = JudgeBatch(signed, entry);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        var batch = new LoggedBatch(entry, Size, signed.LeafHash);
        _batches[entry.Batch] = batch;
        _batchesByHash[signed.LeafHash] = batch;
        _lastBatches[entry.Author!] = batch;
        return IgnoredReason.None;
    }

    private IgnoredReason JudgeBatch(SignedEntry signed, BatchEntry entry)
    {
        if (Charter!.Contributor(entry.Author!) is null)
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = CheckPerson(signed, PersonRoles.Uploader);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (_batches.ContainsKey(entry.Batch) || _resealed.Contains(entry.Batch))
        {
            return IgnoredReason.BatchExists;
        }

        if (entry.Charter != Charter.Hash)
        {
            return IgnoredReason.WrongCharter;
        }

        if (entry.Checkpoint.Size > Size)
        {
            return IgnoredReason.CheckpointAhead;
        }

        if (CurrentKey(entry.Author!, KeyPurpose.Record) is not { } key || key.Key.Id != entry.Key || key.Period != entry.Period)
        {
            return IgnoredReason.WrongRecordKey;
        }

        if (ErasureOf(entry.Author!, entry.Period) is not null)
        {
            return IgnoredReason.KeyErased;
        }

        return LastBatchOf(entry.Author!)?.LeafHash != entry.Previous ? IgnoredReason.WrongPrevious : IgnoredReason.None;
    }

    private IgnoredReason ApplyTombstone(SignedEntry signed, TombstoneEntry entry)
    {
        if (Charter!.Contributor(entry.Author!) is null)
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = CheckPerson(signed, PersonRoles.Uploader);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (!entry.Records.All(record => _batches.TryGetValue(record.Batch, out var batch) && batch.Contributor == entry.Author && record.Slot < batch.Manifest.Slots))
        {
            return IgnoredReason.UnknownRecord;
        }

        foreach (var record in entry.Records)
        {
            _batches[record.Batch].Withdraw(record.Slot);
        }

        return IgnoredReason.None;
    }

    private IgnoredReason ApplyFreeze(SignedEntry signed, FreezeEntry entry)
    {
        Charter!.TryFind(entry.Author!, out var member);
        if (member!.Broker is not { } broker)
        {
            return IgnoredReason.NotAllowed;
        }

        var reason = signed.SignedBy == broker.VerifierKey.Id ? CheckKey(signed, broker.VerifierKey) : CheckPerson(signed, PersonRoles.Approver);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        _ = entry.Frozen ? _frozen.Add(entry.Author!) : _frozen.Remove(entry.Author!);
        return IgnoredReason.None;
    }

    private IgnoredReason ApplyErasure(SignedEntry signed, ErasureEntry entry)
    {
        var reason = CheckBroker(signed);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (entry.Simulated != Charter!.Simulated)
        {
            return IgnoredReason.NotAllowed;
        }

        // Others' keys are hashes to a member: only who sees them can say that a key is not this member's.
        var keys = KeysOf(entry.Author!, KeyPurpose.Record);
        if (!(HasUnseen && keys.Count == 0))
        {
            if (entry.Period > keys.Count)
            {
                return IgnoredReason.UnknownPeriod;
            }

            if (keys[entry.Period - 1].Key.Id != entry.Key)
            {
                return IgnoredReason.WrongRecordKey;
            }
        }

        // Each of the owner's brokers states its own copy's end, once.
        if (!_erasures.TryGetValue((entry.Author!, entry.Period), out var statements))
        {
            _erasures.Add((entry.Author!, entry.Period), statements = []);
        }

        if (statements.Any(statement => statement.By == signed.SignedBy))
        {
            return IgnoredReason.KeyErased;
        }

        statements.Add(new Erasure(entry, Size) { By = signed.SignedBy });
        return IgnoredReason.None;
    }

    private IgnoredReason ApplyInstance(SignedEntry signed, InstanceEntry entry)
    {
        var reason = CheckKey(signed, entry.Signing);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (entry.Generation != LastGeneration + 1)
        {
            return IgnoredReason.GenerationOutOfOrder;
        }

        if (entry.Charter != Charter!.Hash)
        {
            return IgnoredReason.WrongCharter;
        }

        if (entry.Checkpoint.Size > Size)
        {
            return IgnoredReason.CheckpointAhead;
        }

        if (!entry.Evidence.All(item => Charter.TryFind(item.Broker, out var member) && member.Broker is not null))
        {
            return IgnoredReason.UnknownMember;
        }

        if (entry.Signing.Id == entry.Release.Id || _usedKeys.Contains(entry.Signing.Id) || _usedKeys.Contains(entry.Release.Id)
            || IsCharterKey(entry.Signing.Id) || IsCharterKey(entry.Release.Id))
        {
            return IgnoredReason.KeyUsed;
        }

        _usedKeys.Add(entry.Signing.Id);
        _usedKeys.Add(entry.Release.Id);
        LastGeneration = entry.Generation;
        _byGeneration.Add(entry.Generation, _instances.Count);
        _instances.Add(new Instance(entry.Generation, entry.Signing, entry.Release, Size, signed.LeafHash));
        _releases.Clear();
        return IgnoredReason.None;
    }

    private IgnoredReason ApplyRelease(SignedEntry signed, ReleaseEntry entry)
    {
        var reason = CheckBroker(signed);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (CurrentInstance is not { } instance || entry.Generation != instance.Generation || entry.Instance != instance.Signing.Id)
        {
            return IgnoredReason.NotNewestInstance;
        }

        var keys = KeysOf(entry.Author!, KeyPurpose.Record);
        if (!(HasUnseen && keys.Count == 0) && entry.Periods.Any(period => period > keys.Count))
        {
            return IgnoredReason.UnknownPeriod;
        }

        // Whoever has not heard of a freeze or an erasure, or does not want to, releases nothing that counts.
        if (_frozen.Contains(entry.Author!) || _held.Contains(entry.Author!))
        {
            return IgnoredReason.KeysFrozen;
        }

        if (entry.Periods.Any(period => ErasureOf(entry.Author!, period) is not null))
        {
            return IgnoredReason.KeyErased;
        }

        _releases[entry.Author!] = new Release(entry.Author!, entry.Generation, entry.LeaseEnds, entry.Periods, Size) { By = signed.SignedBy };
        if (instance.TrustedAt is null && IsInstanceTrusted)
        {
            _instances[^1] = instance with { TrustedAt = Size };
        }

        return IgnoredReason.None;
    }

    private IgnoredReason ApplyEpoch(SignedEntry signed, EpochEntry entry)
    {
        var reason = CheckInstance(signed, entry.Generation);
        if (reason != IgnoredReason.None)
        {
            return reason;
        }

        if (entry.Epoch != LastEpoch + 1)
        {
            return IgnoredReason.EpochOutOfOrder;
        }

        if (entry.Checkpoint.Checkpoint.Size > Size)
        {
            return IgnoredReason.CheckpointAhead;
        }

        if (CharterAtSize(entry.Checkpoint.Checkpoint.Size) is not { } witnesses || !CosignedCheckpoint.IsCosigned(entry.Checkpoint, witnesses, out _))
        {
            return IgnoredReason.CheckpointNotCosigned;
        }

        // What was computed under one version must not leave under another: sizes and slots may differ.
        if (witnesses.Hash != Charter!.Hash)
        {
            return IgnoredReason.WrongCharter;
        }

        if (entry.RoomTime < LastEpochTime)
        {
            return IgnoredReason.RoomTimeWentBack;
        }

        foreach (var recipient in entry.Recipients)
        {
            if (!Charter!.TryFind(recipient.Member, out _))
            {
                return IgnoredReason.UnknownMember;
            }

            if (CurrentKey(recipient.Member, KeyPurpose.Inbox) is null && !HasUnseen)
            {
                return IgnoredReason.NoInboxKey;
            }

            if (recipient.First != NextNumber(recipient.Member) || recipient.Last != recipient.First + Charter.Epochs.SlotsPerMember - 1)
            {
                return IgnoredReason.NumbersDoNotContinue;
            }
        }

        // Without sight of all acts a reader cannot judge them; who can, does.
        if (!HasUnseen && entry.Disclosed.Any(request => !MayBeDisclosed(request)))
        {
            return IgnoredReason.NotApproved;
        }

        if (entry.Automatic.Any(id => !MayFollow(id)))
        {
            return IgnoredReason.NotApproved;
        }

        // One that comes between the others has nothing to say but what two people have signed for.
        if (entry.Emergencies.Count > 0
            && (entry.Evaluated || entry.Disclosed.Count > 0 || entry.Automatic.Count > 0 || (!HasUnseen && entry.Emergencies.Any(id => Act(id) is not { Entry.Kind: ActKind.Emergency, Counts: true }))))
        {
            return IgnoredReason.NotApproved;
        }

        if (CheckAudits(entry) is not IgnoredReason.None and var refused)
        {
            return refused;
        }

        var without = new List<EpochRecipient>();
        foreach (var item in entry.Void)
        {
            if (Epoch(item.Epoch) is not { } head || head.Entry.Generation >= entry.Generation
                || head.Entry.Recipients.FirstOrDefault(recipient => recipient.Member == item.Member) is not { } given || VoidThrough(item.Member, given.First) is not null)
            {
                return IgnoredReason.NotVoidable;
            }

            without.Add(given);
        }

        foreach (var given in without)
        {
            if (!_void.TryGetValue(given.Member, out var ranges))
            {
                _void.Add(given.Member, ranges = []);
            }

            ranges.Add(given.First, given.Last);
        }

        VoidAudits(entry.Void);
        AddAudits(entry);
        _disclosed.UnionWith(entry.Disclosed);
        _automatic.UnionWith(entry.Automatic);
        LastEpoch = entry.Epoch;
        LastEvaluatedEpoch = entry.Evaluated ? entry.Epoch : LastEvaluatedEpoch;
        LastEpochTime = entry.RoomTime;
        LastRegularEpochTime = entry.Emergencies.Count > 0 ? LastRegularEpochTime : entry.RoomTime;
        foreach (var recipient in entry.Recipients)
        {
            _lastNumbers[recipient.Member] = recipient.Last;
        }

        _epochs[entry.Epoch] = new EpochHead(entry, Size, signed.LeafHash, CurrentInstance!.Signing);
        if (_epochs.Count > KeptEpochs)
        {
            _epochs.RemoveAt(0);
        }

        return IgnoredReason.None;
    }

    /// <summary>What the enclave says counts if the newest instance says it, and enough brokers have released keys to that one.</summary>
    private IgnoredReason CheckInstance(SignedEntry signed, long generation)
    {
        if (CurrentInstance is not { } instance || generation != instance.Generation)
        {
            return IgnoredReason.NotNewestInstance;
        }

        var reason = CheckKey(signed, instance.Signing);
        return reason == IgnoredReason.UnknownSigner ? IgnoredReason.NotNewestInstance
            : reason == IgnoredReason.None && !IsInstanceTrusted ? IgnoredReason.InstanceNotTrusted
            : reason;
    }

    private static IgnoredReason CheckKey(SignedEntry signed, VerifyingKey key) => signed switch
    {
        _ when signed.SignedBy != key.Id => IgnoredReason.UnknownSigner,
        _ when !signed.Verify(key) => IgnoredReason.WrongSignature,
        _ => IgnoredReason.None,
    };

    /// <param name="signed">The entry.</param>
    /// <param name="roles">The signer needs one of them.</param>
    private IgnoredReason CheckPerson(SignedEntry signed, PersonRoles roles)
    {
        if (!_persons.TryGetValue(signed.SignedBy, out var person) || person.Member != signed.Entry.Author)
        {
            return IgnoredReason.UnknownSigner;
        }

        return person switch
        {
            _ when !signed.Verify(person.Key) => IgnoredReason.WrongSignature,
            { RevokedAt: not null } => IgnoredReason.Revoked,
            _ when !ActRules.Each(roles).Any(role => person.HasRoleAt(role, Size)) => IgnoredReason.WrongRole,
            _ => IgnoredReason.None,
        };
    }

    private bool IsCharterKey(KeyId key) => Charter!.Operator.Key.Id == key || Charter.Members.Any(member =>
        member.OrganisationKey.Id == key || (member.Broker is { } broker
            && (broker.WitnessKey.Id == key || broker.Holders.Any(holder => holder.Id == key) || broker.StandIns.Any(standIn => standIn.HandOverKey.Id == key))));
}
