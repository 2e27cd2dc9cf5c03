using System.Collections.Immutable;
using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace CleanRoom.Evidence.Policies;

/// <summary>
/// A key release policy in the grammar of Azure Key Vault, version 1.0.0 (Microsoft: "Azure Key Vault secure key release policy grammar"), read
/// strictly: what the grammar does not have makes the whole policy invalid, never a condition that is met.
/// <para>
/// Where the text is silent: an empty list is invalid, for "all of nothing" would always be met; values are compared as text (true, false, and numbers
/// as they are written), as the service's own samples do; a claim that is missing, an object or a list is not met; the authority is compared
/// character by character with <c>iss</c>, without a slash at its end.
/// </para>
/// </summary>
public sealed class ReleasePolicy
{
    /// <summary>The version of the grammar.</summary>
    public const string Version = "1.0.0";

    /// <summary>Longest policy: 64 KiB.</summary>
    public const int MaxSize = 64 << 10;

    private const int MaxConditions = 256;
    private const int MaxDepth = 16;

    private readonly ImmutableArray<Authority> _authorities;

    private ReleasePolicy(ImmutableArray<Authority> authorities) => _authorities = authorities;

    /// <summary>The authorities that it names, each an issuer of tokens.</summary>
    public ImmutableArray<string> Authorities => [.. _authorities.Select(authority => authority.Issuer)];

    /// <summary>Reads a policy.</summary>
    /// <param name="json">UTF-8 JSON.</param>
    /// <param name="policy">The policy.</param>
    /// <param name="problem">One sentence: what the grammar does not allow.</param>
    public static bool TryParse(ReadOnlySpan<byte> json, [NotNullWhen(true)] out ReleasePolicy? policy, [NotNullWhen(false)] out string? problem)
    {
        policy = null;
        problem = null;
        if (json.Length > MaxSize)
        {
            problem = $"The policy must have at most {MaxSize} bytes.";
            return false;
        }

        try
        {
            if (!ForeignJson.TryParse(json, 2 * MaxDepth, out var document))
            {
                problem = "The policy must be one JSON object, no member twice.";
                return false;
            }

            using (document)
            {
                policy = new Reader().Read(document.RootElement);
                return true;
            }
        }
        catch (FormatException exception)
        {
            problem = exception.Message;
        }

        return false;
    }

    /// <summary>Tells whether a token's claims meet it.</summary>
    /// <param name="claims">The claims of a token whose signature was verified; <c>iss</c> among them.</param>
    public bool IsMetBy(JsonElement claims) =>
        claims.TryGetMember("iss", out var issuer) && issuer.ValueKind == JsonValueKind.String
        && _authorities.Any(authority => WithoutSlash(authority.Issuer) == WithoutSlash(issuer.GetString()!) && authority.Condition.IsMetBy(claims));

    private static string WithoutSlash(string issuer) => issuer.EndsWith('/') ? issuer[..^1] : issuer;

    private sealed record Authority(string Issuer, Condition Condition);

    private abstract record Condition
    {
        public abstract bool IsMetBy(JsonElement claims);
    }

    private sealed record AllOf(ImmutableArray<Condition> Members) : Condition
    {
        public override bool IsMetBy(JsonElement claims) => Members.All(member => member.IsMetBy(claims));
    }

    private sealed record AnyOf(ImmutableArray<Condition> Members) : Condition
    {
        public override bool IsMetBy(JsonElement claims) => Members.Any(member => member.IsMetBy(claims));
    }

    private sealed record EqualTo(ImmutableArray<string> Path, string Value) : Condition
    {
        public override bool IsMetBy(JsonElement claims)
        {
            var current = claims;
            foreach (var name in Path)
            {
                if (!current.TryGetMember(name, out current))
                {
                    return false;
                }
            }

            return Scalar(current) == Value;
        }
    }

    private static string? Scalar(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.True => "true",
        JsonValueKind.False => "false",
        JsonValueKind.Number => value.GetRawText(),
        _ => null,
    };

    private sealed class Reader
    {
        private int _conditions;

        public ReleasePolicy Read(JsonElement root)
        {
            Only(root, "the policy", "version", "anyOf");
            if (!root.TryGetMember("version", out var version) || version.ValueKind != JsonValueKind.String || version.GetString() != Version)
            {
                throw new FormatException($"version must be \"{Version}\".");
            }

            return new ReleasePolicy([.. List(root, "anyOf").Select(ReadAuthority)]);
        }

        private Authority ReadAuthority(JsonElement item)
        {
            Only(item, "an authority", "authority", "allOf", "anyOf");
            if (!item.TryGetMember("authority", out var issuer) || issuer.ValueKind != JsonValueKind.String || issuer.GetString()!.Length == 0)
            {
                throw new FormatException("Each member of anyOf must name its authority.");
            }

            return new Authority(issuer.GetString()!, ReadGroup(item, 1));
        }

        private Condition ReadGroup(JsonElement item, int depth)
        {
            var all = item.TryGetMember("allOf", out _);
            if (all == item.TryGetMember("anyOf", out _) || depth > MaxDepth)
            {
                throw new FormatException("A group must have exactly one of allOf and anyOf, and be nested at most 16 deep.");
            }

            var members = List(item, all ? "allOf" : "anyOf").Select(member => ReadCondition(member, depth + 1)).ToImmutableArray();
            return all ? new AllOf(members) : new AnyOf(members);
        }

        private Condition ReadCondition(JsonElement item, int depth)
        {
            if (++_conditions > MaxConditions)
            {
                throw new FormatException($"A policy must have at most {MaxConditions} conditions.");
            }

            if (!item.TryGetMember("claim", out var claim))
            {
                Only(item, "a group", "allOf", "anyOf");
                return ReadGroup(item, depth);
            }

            Only(item, "a condition", "claim", "equals");
            if (claim.ValueKind != JsonValueKind.String || claim.GetString()!.Split('.').Any(part => part.Length == 0)
                || !item.TryGetMember("equals", out var value) || Scalar(value) is not { } scalar)
            {
                throw new FormatException("A condition must have a claim and equals with a text, a number, true or false.");
            }

            return new EqualTo([.. claim.GetString()!.Split('.')], scalar);
        }

        private static List<JsonElement> List(JsonElement owner, string name) =>
            owner.TryGetMember(name, out var list) && list.ValueKind == JsonValueKind.Array && list.GetArrayLength() > 0
                ? [.. list.EnumerateArray()]
                : throw new FormatException($"{name} must be a list of at least one member.");

        private static void Only(JsonElement owner, string what, params ReadOnlySpan<string> names)
        {
            if (owner.ValueKind != JsonValueKind.Object)
            {
                throw new FormatException($"{what} must be an object.");
            }

            foreach (var member in owner.EnumerateObject())
            {
                if (!names.Contains(member.Name))
                {
                    throw new FormatException($"{what} must have no other members than {string.Join(", ", names)}.");
                }
            }
        }
    }
}
