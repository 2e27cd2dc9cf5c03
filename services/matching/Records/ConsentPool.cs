using System.Collections.Concurrent;
using CleanRoom.Charter.Consent;

namespace CleanRoom.Matching.Records;

/// <summary>
/// What records allow, each answer held once: of a million records most allow the same, and each answer is a dozen objects. Forgotten whenever a record goes, so that nothing of it is left here;
/// thread-safe. It changes what is held, never what is allowed.
/// </summary>
internal sealed class ConsentPool
{
    /// <summary>Answers that are remembered; then it begins anew.</summary>
    private const int Most = 16_384;

    private readonly ConcurrentDictionary<RecordConsent, RecordConsent> _shared = new(new SameConsent());

    /// <summary>Gives one and the same answer for equal ones.</summary>
    public RecordConsent Share(RecordConsent consent)
    {
        if (_shared.TryGetValue(consent, out var shared))
        {
            return shared;
        }
        if (_shared.Count >= Most)
        {
            _shared.Clear();
        }
        return _shared.GetOrAdd(consent, consent);
    }

    /// <summary>Forgets everything.</summary>
    public void Clear() => _shared.Clear();

    /// <summary>Equal in all that the consent engine reads.</summary>
    private sealed class SameConsent : IEqualityComparer<RecordConsent>
    {
        public bool Equals(RecordConsent? x, RecordConsent? y) =>
            x is not null && y is not null
            && x.Contributor == y.Contributor
            && x.VictimIsChild == y.VictimIsChild
            && x.HasVictimOrWitness == y.HasVictimOrWitness
            && x.Caveats.SetEquals(y.Caveats)
            && x.Excluded.SetEquals(y.Excluded)
            && x.Grants.Count == y.Grants.Count
            && x.Grants.Zip(y.Grants).All(pair => IsSame(pair.First, pair.Second));

        public int GetHashCode(RecordConsent consent)
        {
            var hash = default(HashCode);
            hash.Add(consent.Contributor);
            hash.Add(consent.Caveats.Count);
            hash.Add(consent.Excluded.Count);
            foreach (var grant in consent.Grants)
            {
                hash.Add(grant.Purpose);
                hash.Add(grant.Expires);
            }
            return hash.ToHashCode();
        }

        private static bool IsSame(Grant x, Grant y) =>
            x.Purpose == y.Purpose
            && x.Expires == y.Expires
            && x.RecipientClasses.SequenceEqual(y.RecipientClasses, StringComparer.Ordinal)
            && x.NamedRecipients.SequenceEqual(y.NamedRecipients, StringComparer.Ordinal)
            && x.ExcludedRecipients.SequenceEqual(y.ExcludedRecipients, StringComparer.Ordinal);
    }
}
