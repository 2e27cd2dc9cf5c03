using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using CleanRoom.Charter.Json;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;

namespace CleanRoom.Charter;

/// <summary>Reads the members of a charter; <see cref="CharterRules"/> judges them together.</summary>
internal static class CharterReader
{
    private const int MaxTextLength = 200;
    private const int MaxEnclaves = 16;
    private const int MaxQueries = 64;

    // MRENCLAVE is SHA-256; launch digest, MRTD and simulated measurements are SHA-384.
    private const int SgxDigits = 64;
    private const int LaunchDigits = 96;

    private static readonly TimeSpan Year = TimeSpan.FromDays(366);

    public static bool TryRead(
        ReadOnlySpan<byte> canonicalJson, [NotNullWhen(true)] out RoomCharter? charter, out IReadOnlyList<CharterError> errors)
    {
        var problems = new Problems();
        charter = null;
        if (canonicalJson.Length > RoomCharter.MaxSize)
        {
            problems.Add("", "The charter is longer than 128 KiB", "shorten it");
        }
        else if (!StrictJson.TryParseCanonical(canonicalJson, out var document, RoomCharter.MaxSize))
        {
            problems.Add("", "The charter is not canonical JSON (RFC 8785)", "let the cleanroom tool write it");
        }
        else
        {
            using (document)
            {
                var parts = Read(new JsonFields(document.RootElement, "", problems));
                if (parts is not null && !problems.Any)
                {
                    CharterRules.Check(parts, problems);
                }

                charter = parts is not null && !problems.Any ? new RoomCharter(parts, canonicalJson) : null;
            }
        }

        errors = problems.Errors;
        return charter is not null;
    }

    private static CharterParts? Read(JsonFields fields)
    {
        fields.Constant("schema", RoomCharter.Schema);
        var room = fields.ParsedValue<RoomId>("room", "is not a room id", "write a UUID in lower case with hyphens", RoomId.TryParse);
        var version = fields.Int("version", 1, 1_000_000);
        var previous = fields.DigestOrNull("previous");
        var title = fields.Text("title", MaxTextLength);
        var simulated = fields.Bool("simulated");
        var validFrom = fields.Time("validFrom");
        var expires = fields.Time("expires");
        var purposes = ReadPurposes(fields.Object("purposes"));
        var members = fields.List("members", 1, RoomCharter.MaxMembers, (element, path) => ReadMember(new JsonFields(element, path, fields.Problems)));
        var operatorTerms = ReadOperator(fields.Object("operator"));
        var faulty = ReadWitnesses(fields.Object("witnesses"));
        var enclaves = fields.List("enclaves", 1, MaxEnclaves, (element, path) => ReadEnclave(new JsonFields(element, path, fields.Problems)));
        var epochs = ReadEpochs(fields.Object("epochs"));
        var retention = ReadRetention(fields.Object("retention"));
        var model = fields.Digest("linkageModel");
        var queries = fields.List("queries", 1, MaxQueries, (element, path) => QueryDefinition.Read(new JsonFields(element, path, fields.Problems)));
        var quotas = ReadQuotas(fields.Object("quotas"));
        var needsSecond = fields.Optional("needsSecond") is null
            ? []
            : fields.SortedTexts("needsSecond", 1, 1, word => word == RoomCharter.ListingNeedsSecond, $"write \"{RoomCharter.ListingNeedsSecond}\", or leave needsSecond out");
        var overrides = fields.Optional("overrides") is null ? null : OverrideTerms.Read(fields.Object("overrides"));
        var emergencies = fields.Optional("emergencies") is null ? null : EmergencyTerms.Read(fields.Object("emergencies"));
        var audits = fields.Optional("audits") is null ? null : AuditTerms.Read(fields.Object("audits"));
        fields.End();
        return fields.Problems.Any || room is null || version is null || title is null || simulated is null || validFrom is null || expires is null
            || purposes is null || operatorTerms is null || faulty is null || epochs is null || retention is null || model is null || quotas is null
            ? null
            : new CharterParts(
                room.Value, version.Value, previous, title, simulated.Value, validFrom.Value, expires.Value, purposes, members, operatorTerms,
                faulty.Value, enclaves, epochs, retention, model, queries, quotas, needsSecond, emergencies, overrides, audits);
    }

    private static PurposeTerms? ReadPurposes(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var terms = new PurposeTerms(fields.SortedCodes("allowed", 1, 32), fields.SortedCodes("forbidden", 1, 32));
        fields.End();
        return terms;
    }

    private static CharterMember? ReadMember(JsonFields fields)
    {
        var id = fields.Member("id");
        var role = fields.OneOf("role", "contributor", "agency", "representative", "steward");
        var name = fields.Text("name", MaxTextLength);
        var key = fields.SigningJwk("organisationKey");
        CharterMember? member = null;
        if (role is null)
        {
            // Without a role the other members cannot be judged.
            return null;
        }

        if (role == "contributor")
        {
            var broker = ReadBroker(fields.Object("broker"));
            var desk = fields.Text("desk", MaxTextLength);
            var approvalExpires = fields.Time("approvalExpires");
            if (id is not null && name is not null && key is not null && broker is not null && desk is not null && approvalExpires is { } until)
            {
                member = new ContributorMember(id, name, key, broker, desk, until);
            }
        }
        else if (role == "agency")
        {
            var broker = ReadBroker(fields.Object("broker"));
            var kind = ReadKind(fields);
            var jurisdictions = fields.SortedTexts("jurisdictions", 1, 250, IsCountry, "write ISO 3166-1 alpha-3 codes such as THA");
            var mandates = fields.SortedCodes("mandates", 0, 32);
            var quota = ReadAgencyQuota(fields.Object("quota"));
            var due = fields.Int("outcomeDueDays", 1, 365);
            if (id is not null && name is not null && key is not null && broker is not null && kind is not null && quota is not null && due is { } days)
            {
                member = new AgencyMember(id, name, key, kind, jurisdictions, mandates, broker, quota, days);
            }
        }
        else if (role == "representative")
        {
            if (fields.OneOf("speaksFor", RepresentativeMember.Groups) is { } group && id is not null && name is not null && key is not null)
            {
                member = new RepresentativeMember(id, name, key, group);
            }
        }
        else if (id is not null && name is not null && key is not null)
        {
            member = new StewardMember(id, name, key);
        }

        fields.End();
        return member;
    }

    private static string? ReadKind(JsonFields fields)
    {
        var kind = fields.OneOf("kind", RecipientKinds.All);
        if (kind == RecipientKinds.ImmigrationEnforcement)
        {
            fields.Problems.Add(fields.PathOf("kind"), "immigration enforcement cannot be a recipient", "remove this member");
            return null;
        }

        if (kind is not null && !RecipientKinds.MayBeMember(kind))
        {
            fields.Problems.Add(fields.PathOf("kind"), "this kind gets aggregates only", "remove this member");
            return null;
        }

        return kind;
    }

    private static BrokerTerms? ReadBroker(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var endpoint = ReadEndpoint(fields);
        var tls = fields.KeyId("tls");
        var verifier = fields.SigningJwk("verifierKey");
        var witness = fields.SigningJwk("witnessKey");
        var standIns = fields.List("standIn", 0, BrokerTerms.MaxStandIns, (element, path) => ReadStandIn(new JsonFields(element, path, fields.Problems)));
        fields.End();
        return endpoint is null || tls is null || verifier is null || witness is null ? null : new BrokerTerms(endpoint, tls, verifier, witness) { StandIns = standIns };
    }

    private static StandInTerms? ReadStandIn(JsonFields fields)
    {
        var endpoint = ReadEndpoint(fields);
        var handOver = fields.SealingJwk("handOverKey");
        var tls = fields.KeyId("tls");
        var verifier = fields.SigningJwk("verifierKey");
        fields.End();
        return endpoint is null || handOver is null || tls is null || verifier is null ? null : new StandInTerms(endpoint, tls, verifier, handOver);
    }

    private static Uri? ReadEndpoint(JsonFields fields) =>
        fields.Parsed<Uri>("endpoint", "is not an address", "write it as https://host:port, with nothing after the port", EndpointText.TryParse);

    private static AgencyQuota? ReadAgencyQuota(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var searches = fields.Int("searchesPerMonth", 0, 100_000);
        var requests = fields.Int("disclosureRequestsPerMonth", 0, 100_000);
        fields.End();
        return searches is null || requests is null ? null : new AgencyQuota(searches.Value, requests.Value);
    }

    private static OperatorTerms? ReadOperator(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var key = fields.SigningJwk("key");
        ServiceTerms? ingestion = null, matching = null, notification = null;
        if (fields.Object("services") is { } services)
        {
            ingestion = ReadService(services.Object("ingestion"));
            matching = ReadService(services.Object("matching"));
            notification = ReadService(services.Object("notification"));
            services.End();
        }

        fields.End();
        return key is null || ingestion is null || matching is null || notification is null ? null : new OperatorTerms(key, ingestion, matching, notification);
    }

    private static ServiceTerms? ReadService(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var endpoint = ReadEndpoint(fields);
        var tls = fields.KeyId("tls");
        fields.End();
        return endpoint is null || tls is null ? null : new ServiceTerms(endpoint, tls);
    }

    private static int? ReadWitnesses(JsonFields? fields)
    {
        var faulty = fields?.Int("faulty", 0, RoomCharter.MaxMembers);
        fields?.List<string>("additional", 0, 0, (_, _) => null);
        fields?.End();
        return faulty;
    }

    private static EnclaveTerms? ReadEnclave(JsonFields fields)
    {
        var name = fields.Text("name", MaxTextLength);
        var tee = fields.OneOf("tee", EnclaveTerms.Tees);
        byte[]? reference = null;
        IReadOnlyList<string> measurements = [];
        if (fields.Value("reference") is { } value && new JsonFields(value, fields.PathOf("reference"), fields.Problems) is var values
            && value.ValueKind == JsonValueKind.Object)
        {
            // The other reference values are the appraisal policy's to judge, strictly, for each kind of evidence.
            measurements = tee switch
            {
                // The code is named by registers here, which the appraisal policy reads.
                "azure-vtpm" or "tpm" => [],
                "sgx" => ReadMeasurements(values, SgxDigits),
                "maa" => ReadMeasurements(values, SgxDigits, LaunchDigits),
                _ => ReadMeasurements(values, LaunchDigits),
            };
            reference = CanonicalJson.Canonicalize(System.Text.Encoding.UTF8.GetBytes(value.GetRawText()));
        }

        byte[]? floors = fields.Optional("floors") is { ValueKind: JsonValueKind.Object } floorValues
            ? CanonicalJson.Canonicalize(System.Text.Encoding.UTF8.GetBytes(floorValues.GetRawText()))
            : null;
        if (floors is null && fields.Optional("floors") is not null)
        {
            fields.Problems.Add(fields.PathOf("floors"), "is not an object", "write { … } or remove it");
        }

        fields.End();
        return name is null || tee is null || reference is null
            ? null
            : new EnclaveTerms(name, tee, measurements, reference, floors is null ? null : (ReadOnlyMemory<byte>?)floors);
    }

    private static EpochTerms? ReadEpochs(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var length = fields.Duration("length", TimeSpan.FromSeconds(1), TimeSpan.FromDays(31));
        var contributors = fields.Int("minimumContributors", RoomCharter.MinContributors, RoomCharter.MaxMembers);
        var records = fields.Int("minimumNewRecords", 1, 1_000_000);
        var slots = fields.Int("slotsPerMember", 2, 1024);
        var bytes = fields.Int("messageBytes", 2048, 16 << 10);
        var statements = fields.Optional("useStatements") is not null && fields.Bool("useStatements") == true;
        if (!statements && fields.Optional("useStatements") is not null)
        {
            fields.Problems.Add(fields.PathOf("useStatements"), "is not true", "write true, or leave useStatements out");
        }

        fields.End();
        return length is null || contributors is null || records is null || slots is null || bytes is null
            ? null
            : new EpochTerms(length.Value, contributors.Value, records.Value, slots.Value, bytes.Value) { UseStatements = statements };
    }

    private static RetentionTerms? ReadRetention(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var ceiling = fields.Duration("ceiling", TimeSpan.FromDays(1), 5 * Year);
        var cryptoperiod = fields.Duration("cryptoperiod", TimeSpan.FromDays(1), Year);
        var lease = fields.Duration("keyLease", TimeSpan.FromSeconds(5), TimeSpan.FromDays(7));
        fields.End();
        return ceiling is null || cryptoperiod is null || lease is null ? null : new RetentionTerms(ceiling.Value, cryptoperiod.Value, lease.Value);
    }

    private static QuotaTerms? ReadQuotas(JsonFields? fields)
    {
        if (fields is null)
        {
            return null;
        }

        var oneWay = fields.Int("oneWayPointersPerQuarter", 0, 10_000);
        var decoys = fields.Optional("decoys") is null ? 0 : fields.Int("decoys", 1, QuotaTerms.MaxDecoys);
        var records = new Dictionary<MemberId, int>();
        if (fields.Value("recordsPerMonth") is { } value)
        {
            var path = fields.PathOf("recordsPerMonth");
            if (value.ValueKind != JsonValueKind.Object)
            {
                fields.Problems.Add(path, "is not an object", "write { member: number, … }");
            }
            else
            {
                foreach (var member in value.EnumerateObject())
                {
                    var memberPath = $"{path}.{Problems.Shown(member.Name)}";
                    if (!MemberId.TryParse(member.Name, out var id))
                    {
                        fields.Problems.Add(memberPath, "is not a member id", "write the id of a contributor");
                    }
                    else if (JsonFields.IntegerOf(member.Value, memberPath, 1, 10_000_000, fields.Problems) is { } most)
                    {
                        records[id] = (int)most;
                    }
                }
            }
        }

        fields.End();
        return oneWay is null || decoys is null ? null : new QuotaTerms(oneWay.Value, records) { Decoys = decoys.Value };
    }

    private static bool IsCountry(string text) => text.Length == 3 && text.All(char.IsAsciiLetterUpper);

    /// <summary>Approved measurements: each of a length that this kind of evidence has, for one of another length could never be met.</summary>
    private static IReadOnlyList<string> ReadMeasurements(JsonFields values, params int[] digits) => values.SortedTexts(
        "measurement", 1, 64, text => digits.Contains(text.Length) && text.All(char.IsAsciiHexDigitLower), $"write {string.Join(" or ", digits)} hexadecimal digits in lower case");
}
