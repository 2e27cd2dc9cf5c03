using System.Text.Json;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Recovery;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter.Log;

/// <summary>Reads entry payloads (docs/protocol.md §3), strictly. Null exactly if a problem was noted.</summary>
internal static class EntryReader
{
    /// <summary>Periods, generations and epochs count in steps of one: a million is beyond any room's life.</summary>
    private const int MaxCounter = 10_000_000;

    private const int MaxEvidenceSize = 64 << 10;

    public static Entry? Read(JsonFields fields, ReadOnlyMemory<byte> payload)
    {
        var room = fields.ParsedValue<RoomId>("room", "is not a room id", "write a UUID in lower case with hyphens", RoomId.TryParse);
        var id = ReadEntryId(fields, "id");
        var isEnclave = fields.Optional("author") is { ValueKind: JsonValueKind.String } author && author.ValueEquals(MemberId.Enclave);
        var member = isEnclave ? null : fields.Member("author");
        var type = fields.Code("type");
        if (room is null || id is null || type is null || (member is null && !isEnclave))
        {
            return null;
        }

        Entry? entry;
        if (type is InstanceEntry.TypeName or EpochEntry.TypeName or ResealEntry.TypeName or ActResealEntry.TypeName)
        {
            if (!isEnclave)
            {
                fields.Problems.Add("author", "is not the enclave", "write \"enclave\"");
                return null;
            }

            entry = type switch
            {
                InstanceEntry.TypeName => ReadInstance(fields, room.Value, id.Value),
                EpochEntry.TypeName => ReadEpoch(fields, room.Value, id.Value),
                ResealEntry.TypeName => ReadReseal(fields, room.Value, id.Value),
                _ => ReadActReseal(fields, room.Value, id.Value),
            };
        }
        else if (IsOfMembers(type))
        {
            if (member is null)
            {
                fields.Problems.Add("author", "is not a member", "write the member's id");
                return null;
            }

            entry = ReadOfMember(fields, type, room.Value, id.Value, member);
        }
        else
        {
            return new UnknownEntry(room.Value, id.Value, member, type, payload);
        }

        fields.End();
        return fields.Problems.Any ? null : entry;
    }

    private static bool IsOfMembers(string type) => type is CharterEntry.TypeName or VetoEntry.TypeName or PersonEntry.TypeName or KeyEntry.TypeName
        or ListingEntry.TypeName or BatchEntry.TypeName or TombstoneEntry.TypeName or FreezeEntry.TypeName or ErasureEntry.TypeName or ReleaseEntry.TypeName or ConfirmEntry.TypeName
        or RecoveryEntry.TypeName or ResumeEntry.TypeName or VerdictEntry.TypeName
        || ActRules.Words.ContainsKey(type);

    private static Entry? ReadOfMember(JsonFields fields, string type, RoomId room, EntryId id, MemberId author) => type switch
    {
        CharterEntry.TypeName => ReadCharter(fields, room, id, author),
        VetoEntry.TypeName => ReadVeto(fields, room, id, author),
        PersonEntry.TypeName => ReadPerson(fields, room, id, author),
        KeyEntry.TypeName => ReadKey(fields, room, id, author),
        ListingEntry.TypeName => ReadListing(fields, room, id, author),
        BatchEntry.TypeName => ReadBatch(fields, room, id, author),
        TombstoneEntry.TypeName => ReadTombstone(fields, room, id, author),
        FreezeEntry.TypeName => fields.Bool("frozen") is { } frozen ? new FreezeEntry(room, id, author, frozen) : null,
        ErasureEntry.TypeName => ReadErasure(fields, room, id, author),
        ReleaseEntry.TypeName => ReadRelease(fields, room, id, author),
        ConfirmEntry.TypeName => fields.Digest("of") is { } of ? new ConfirmEntry(room, id, author, of) : null,
        RecoveryEntry.TypeName => ReadRecovery(fields, room, id, author),
        ResumeEntry.TypeName => fields.Int("number", 1, RecoveryStatement.MaxNumber) is { } number ? new ResumeEntry(room, id, author, number) : null,
        VerdictEntry.TypeName => VerdictEntry.Read(fields, room, id, author),
        _ => ReadAct(fields, ActRules.Words[type], room, id, author),
    };

    private static ActEntry? ReadAct(JsonFields fields, ActKind kind, RoomId room, EntryId id, MemberId author)
    {
        EntryId? about = null;
        if (ActRules.IsAboutRequest(kind))
        {
            about = ReadEntryId(fields, "about");
        }

        var period = fields.Int("period", 1, MaxCounter);
        var text = fields.Bytes("sealed", Hpke.Overhead + Padme.MinimumSize, ActEntry.MaxSealed);
        return fields.Problems.Any ? null : new ActEntry(room, id, author, kind, about, period!.Value, text);
    }

    private static EntryId? ReadEntryId(JsonFields fields, string name) =>
        fields.ParsedValue<EntryId>(name, "is not an entry id", UuidRemedy, EntryId.TryParse);

    private static CharterEntry? ReadCharter(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        if (fields.Object("signed") is not { } body)
        {
            return null;
        }

        var signed = SignedCharter.Read(body, fields.Problems, out var errors);
        if (signed is null && !fields.Problems.Any && errors.Count > 0)
        {
            fields.Problems.Add($"signed.charter.{errors[0].Path}".TrimEnd('.'), errors[0].Message, errors[0].Remedy);
        }

        return signed is null ? null : new CharterEntry(room, id, author, signed);
    }

    private static RecoveryEntry? ReadRecovery(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var charters = fields.List("charters", 0, RecoveryEntry.MaxCharters, (element, path) =>
        {
            var signed = SignedCharter.Read(new JsonFields(element, path, fields.Problems), fields.Problems, out var errors);
            if (signed is null && !fields.Problems.Any && errors.Count > 0)
            {
                fields.Problems.Add($"{path}.charter.{errors[0].Path}".TrimEnd('.'), errors[0].Message, errors[0].Remedy);
            }

            return signed;
        });
        var content = fields.Object("signed") is { } body ? SignedRecovery.Read(body) : null;
        return fields.Problems.Any || content is null ? null : new RecoveryEntry(room, id, author, charters, content);
    }

    private static VetoEntry? ReadVeto(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var charter = fields.Digest("charter");
        var version = fields.Int("version", 2, 1_000_000);
        return charter is null || version is null ? null : new VetoEntry(room, id, author, charter, version.Value);
    }

    private static PersonEntry? ReadPerson(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var action = fields.OneOf("action", "add", "revoke");
        var person = fields.Code("person");
        var key = fields.SigningJwk("key");
        var words = fields.SortedTexts(
            "roles", 0, PersonEntry.RoleWords.Count, PersonEntry.RoleWords.ContainsKey, $"write one of {string.Join(", ", PersonEntry.RoleWords.Keys)}");
        if (fields.Problems.Any || action is null || person is null || key is null)
        {
            return null;
        }

        var roles = words.Aggregate(PersonRoles.None, (sum, word) => sum | PersonEntry.RoleWords[word]);
        if (action == "revoke" ? roles != PersonRoles.None : roles == PersonRoles.None)
        {
            fields.Problems.Add("roles", "does not fit the action", "write at least one role to add a key, and [] to revoke it");
        }
        else if (roles.HasFlag(PersonRoles.Transport) && roles != PersonRoles.Transport)
        {
            fields.Problems.Add("roles", "joins transport with another role", "use a key of its own for TLS");
        }

        return new PersonEntry(room, id, author, action == "revoke", person, key, roles);
    }

    private static KeyEntry? ReadKey(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var purpose = fields.OneOf("purpose", "record", "inbox");
        var period = fields.Int("period", 1, MaxCounter);
        var key = fields.SealingJwk("key");
        return purpose is null || period is null || key is null
            ? null
            : new KeyEntry(room, id, author, purpose == "record" ? KeyPurpose.Record : KeyPurpose.Inbox, period.Value, key);
    }

    private static ListingEntry ReadListing(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var contributors = fields.SortedMembers("contributors", 0, RoomCharter.MaxMembers);
        var agencies = fields.SortedMembers("agencies", 0, RoomCharter.MaxMembers);
        var purposes = fields.SortedTexts(
            "purposes", 0, ConsentPurposes.Codes.Count, ConsentPurposes.Codes.ContainsKey, $"write one of {string.Join(", ", ConsentPurposes.Codes.Keys)}");
        if (contributors.Contains(author))
        {
            fields.Problems.Add("contributors", "names the author itself", "remove it");
        }

        return new ListingEntry(room, id, author, contributors, agencies, purposes);
    }

    private static BatchEntry? ReadBatch(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        fields.Constant("schema", BatchEntry.Schema);
        var batch = ReadBatchId(fields, "batch");
        var charter = fields.Digest("charter");
        var checkpoint = LogPosition.Read(fields.Object("checkpoint"));
        var dataset = fields.Digest("dataset");
        var deleteBy = fields.Time("deleteBy");
        var enc = fields.Bytes("enc", Hpke.EncSize, Hpke.EncSize);
        var key = fields.KeyId("key");
        var period = fields.Int("period", 1, MaxCounter);
        var previous = fields.DigestOrNull("previous");
        var slots = fields.Int("slots", 1, 1024);
        if (slots is { } count && !BatchEntry.SlotCounts.Contains(count))
        {
            fields.Problems.Add("slots", "is not a size of batches", "write 64, 256 or 1024");
        }

        var parts = ReadParts(fields, 2 * (slots ?? 0), 2 * (slots ?? 0));
        return fields.Problems.Any || batch is null || charter is null || checkpoint is null || dataset is null || deleteBy is null || enc is null
            || key is null || period is null || slots is null
            ? null
            : new BatchEntry(
                room, id, author, batch.Value, charter, checkpoint, dataset, deleteBy.Value, enc, key, period.Value, parts, previous, slots.Value);
    }

    private static DigestList ReadParts(JsonFields fields, int least, int most) => new(fields.List("parts", least, most, (element, path) =>
    {
        if (JsonFields.TextOf(element) is { } text && StrictBase64.TryDecodeUrl(text, out var bytes) && Digest.TryFromBytes(bytes, out var digest))
        {
            return digest;
        }

        fields.Problems.Add(path, "is not the SHA-256 of a ciphertext", "write 32 bytes in base64url without padding");
        return null;
    }));

    private static ResealEntry? ReadReseal(JsonFields fields, RoomId room, EntryId id)
    {
        var batch = ReadBatchId(fields, "batch");
        var enc = fields.Bytes("enc", Hpke.EncSize, Hpke.EncSize);
        var generation = fields.Integer("generation", 1, MaxCounter);
        var key = fields.KeyId("key");
        var member = fields.Member("member");
        var of = fields.Digest("of");
        var parts = ReadParts(fields, 2 * BatchEntry.SlotCounts[0], 2 * BatchEntry.SlotCounts[^1]);
        var period = fields.Int("period", 1, MaxCounter);
        return fields.Problems.Any || batch is null || enc is null || generation is null || key is null || member is null || of is null || period is null
            ? null
            : new ResealEntry(room, id, member, of, batch.Value, generation.Value, enc, key, period.Value, parts);
    }

    private static ActResealEntry? ReadActReseal(JsonFields fields, RoomId room, EntryId id)
    {
        var generation = fields.Integer("generation", 1, MaxCounter);
        var member = fields.Member("member");
        var of = fields.Digest("of");
        var period = fields.Int("period", 1, MaxCounter);
        var text = fields.Bytes("sealed", Hpke.Overhead + Padme.MinimumSize, ActEntry.MaxSealed);
        return fields.Problems.Any || generation is null || member is null || of is null || period is null
            ? null
            : new ActResealEntry(room, id, member, of, generation.Value, period.Value, text);
    }

    private static TombstoneEntry ReadTombstone(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var records = fields.List("records", 1, TombstoneEntry.MaxRecords, (element, path) =>
        {
            var record = new JsonFields(element, path, fields.Problems);
            var batch = ReadBatchId(record, "batch");
            var slot = record.Int("slot", 0, 1023);
            record.End();
            return batch is null || slot is null ? null : new RecordSlot(batch.Value, slot.Value);
        });
        for (var i = 1; i < records.Count; i++)
        {
            var order = string.CompareOrdinal(records[i - 1].Batch.ToString(), records[i].Batch.ToString());
            if (order > 0 || (order == 0 && records[i - 1].Slot >= records[i].Slot))
            {
                fields.Problems.Add("records", "is not sorted, or names a slot twice", "sort it by batch and slot");
                break;
            }
        }

        return new TombstoneEntry(room, id, author, records);
    }

    private static InstanceEntry? ReadInstance(JsonFields fields, RoomId room, EntryId id)
    {
        var charter = fields.Digest("charter");
        var checkpoint = LogPosition.Read(fields.Object("checkpoint"));
        var evidence = fields.List("evidence", 1, RoomCharter.MaxMembers, (element, path) =>
        {
            var item = new JsonFields(element, path, fields.Problems);
            var broker = item.Member("broker");
            var raw = item.Bytes("evidence", 1, MaxEvidenceSize);
            var nonce = item.Bytes("nonce", 32, 32);
            item.End();
            return broker is null || raw is null || nonce is null ? null : new InstanceEvidence(broker, raw, nonce);
        });
        CheckSorted(fields, "evidence", [.. evidence.Select(item => item.Broker)]);
        var generation = fields.Integer("generation", 1, MaxCounter);
        var release = fields.SealingJwk("release");
        var signing = fields.SigningJwk("signing");
        return charter is null || checkpoint is null || generation is null || release is null || signing is null
            ? null
            : new InstanceEntry(room, id, charter, checkpoint, evidence, generation.Value, release, signing);
    }

    private static ReleaseEntry? ReadRelease(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var generation = fields.Integer("generation", 1, MaxCounter);
        var instance = fields.KeyId("instance");
        var leaseEnds = fields.Time("leaseEnds");
        var periods = fields.List("periods", 0, 1024, (element, path) =>
            JsonFields.IntegerOf(element, path, 1, MaxCounter, fields.Problems) is { } period ? (object)(int)period : null).Cast<int>().ToList();
        for (var i = 1; i < periods.Count; i++)
        {
            if (periods[i - 1] >= periods[i])
            {
                fields.Problems.Add("periods", "does not rise", "sort it and remove duplicates");
                break;
            }
        }

        return generation is null || instance is null || leaseEnds is null
            ? null
            : new ReleaseEntry(room, id, author, generation.Value, instance, leaseEnds.Value, periods);
    }

    private static ErasureEntry? ReadErasure(JsonFields fields, RoomId room, EntryId id, MemberId author)
    {
        var custody = fields.OneOf("custody", ErasureEntry.Custodies);
        var destroyed = fields.Time("destroyed");
        var key = fields.KeyId("key");
        var leaseEnds = fields.TimeOrNull("leaseEnds");
        var period = fields.Int("period", 1, MaxCounter);
        var recoverableUntil = fields.TimeOrNull("recoverableUntil");
        var remains = fields.Text("remains", ErasureEntry.MaxRemains);
        var simulated = fields.Bool("simulated");
        return fields.Problems.Any || custody is null || destroyed is null || key is null || period is null || remains is null || simulated is null
            ? null
            : new ErasureEntry(room, id, author, simulated.Value, period.Value, key, custody, destroyed.Value, leaseEnds, recoverableUntil, remains);
    }

    private static EpochEntry? ReadEpoch(JsonFields fields, RoomId room, EntryId id)
    {
        IReadOnlyList<EntryId> automatic = fields.Optional("automatic") is null ? [] : ReadActs(fields, "automatic");
        var checkpoint = fields.Parsed<SignedCheckpoint>("checkpoint", "is not a signed checkpoint", "write the signed note", SignedCheckpoint.TryParse);
        IReadOnlyList<EpochAudit> audits = fields.Optional("audits") is null ? [] : ReadAudits(fields);
        IReadOnlyList<EntryId> disclosed = fields.Optional("disclosed") is null ? [] : ReadActs(fields, "disclosed");
        IReadOnlyList<EntryId> emergencies = fields.Optional("emergencies") is null ? [] : ReadActs(fields, "emergencies");
        var epoch = fields.Integer("epoch", 1, MaxCounter);
        var evaluated = fields.Bool("evaluated");
        var generation = fields.Integer("generation", 1, MaxCounter);
        var recipients = fields.List("recipients", 0, RoomCharter.MaxMembers, (element, path) =>
        {
            var recipient = new JsonFields(element, path, fields.Problems);
            var first = recipient.Integer("first", 1, 1L << 52);
            var last = recipient.Integer("last", 1, 1L << 52);
            var member = recipient.Member("member");
            var root = recipient.Digest("root");
            recipient.End();
            return first is null || last is null || member is null || root is null ? null : new EpochRecipient(member, first.Value, last.Value, root);
        });
        CheckSorted(fields, "recipients", [.. recipients.Select(recipient => recipient.Member)]);
        var roomTime = fields.Time("roomTime");
        IReadOnlyList<VoidMessages> without = fields.Optional("void") is null ? [] : ReadVoid(fields);
        return checkpoint is null || epoch is null || evaluated is null || generation is null || roomTime is null
            ? null
            : new EpochEntry(room, id, checkpoint, epoch.Value, evaluated.Value, generation.Value, recipients, roomTime.Value)
            {
                Audits = audits,
                Automatic = automatic,
                Disclosed = disclosed,
                Emergencies = emergencies,
                Void = without,
            };
    }

    private static IReadOnlyList<EpochAudit> ReadAudits(JsonFields fields)
    {
        var items = fields.List("audits", 1, RoomCharter.MaxMembers, (element, path) =>
        {
            var item = new JsonFields(element, path, fields.Problems);
            var member = item.Member("member");
            var quarter = VerdictEntry.ReadQuarter(item);
            var sample = item.Digest("sample");
            item.End();
            return member is null || quarter is null || sample is null ? null : new EpochAudit(member, quarter, sample);
        });
        CheckSorted(fields, "audits", [.. items.Select(item => item.Member)]);
        return items;
    }

    private static IReadOnlyList<VoidMessages> ReadVoid(JsonFields fields)
    {
        var items = fields.List("void", 1, EpochEntry.MaxVoid, (element, path) =>
        {
            var item = new JsonFields(element, path, fields.Problems);
            var epoch = item.Integer("epoch", 1, MaxCounter);
            var member = item.Member("member");
            item.End();
            return epoch is null || member is null ? null : new VoidMessages(epoch.Value, member);
        });
        for (var i = 1; i < items.Count; i++)
        {
            if ((items[i - 1].Epoch, items[i - 1].Member).CompareTo((items[i].Epoch, items[i].Member)) >= 0)
            {
                fields.Problems.Add("void", "is not sorted by epoch and member, or names one twice", "sort it and remove duplicates");
                break;
            }
        }

        return items;
    }

    private static List<EntryId> ReadActs(JsonFields fields, string name) =>
        [.. fields.SortedTexts(name, 1, EpochEntry.MaxDisclosed, text => EntryId.TryParse(text, out _), UuidRemedy).Select(text => EntryId.Parse(text))];

    private static BatchId? ReadBatchId(JsonFields fields, string name) =>
        fields.ParsedValue<BatchId>(name, "is not a batch id", UuidRemedy, BatchId.TryParse);

    private static void CheckSorted(JsonFields fields, string name, IReadOnlyList<MemberId> members)
    {
        for (var i = 1; i < members.Count; i++)
        {
            if (members[i - 1] >= members[i])
            {
                fields.Problems.Add(name, "is not sorted by member, or names one twice", "sort it and remove duplicates");
                return;
            }
        }
    }

    private const string UuidRemedy = "write a random UUID (version 4) in lower case with hyphens";
}
