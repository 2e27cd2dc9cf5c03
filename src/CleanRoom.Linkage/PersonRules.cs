using CleanRoom.Linkage.Comparison;
using CleanRoom.Linkage.Models;

namespace CleanRoom.Linkage;

/// <summary>What two persons have in common.</summary>
/// <param name="Name">Of their names, the best way to lay them side by side.</param>
/// <param name="Birth">Of their births.</param>
/// <param name="Exact">An identifier of theirs is equal, and was not given to somebody else in between.</param>
/// <param name="Paper">One of these is a document, an account or a mailbox: nobody else's, unlike a telephone.</param>
/// <param name="More">Something besides name and birth agrees.</param>
/// <param name="DocumentsConflict">They have documents of one shape with different numbers.</param>
/// <param name="Citizenship">1 = one in common, -1 = none, 0 = not known.</param>
/// <param name="Sexes">The same of their sexes.</param>
/// <param name="Weight">Total weight in bits.</param>
internal readonly record struct PersonAgreement(
    NameAgreement Name, BirthAgreement Birth, bool Exact, bool Paper, bool More, bool DocumentsConflict, int Citizenship, int Sexes, double Weight);

/// <summary>
/// How sure two persons are one (DATA.md 4.2, Q1 and Q2). Strong, which may be told as it is, needs the agreements that the query names. Probable, at which
/// a person looks first, may also come of weight alone, where nothing speaks against it.
/// </summary>
/// <param name="bits">The totals.</param>
internal sealed class PersonRules(ThresholdNumbers bits)
{
    /// <summary>Whether two victims may be one at all, whatever the weight.</summary>
    public bool MayBeOneVictim(in PersonAgreement pair) =>
        (pair.Birth != BirthAgreement.Disjoint || (pair.Paper && pair.Name.IsFull && !pair.DocumentsConflict))
        && (!pair.DocumentsConflict || pair.Exact || IsSamePersonWithAnotherDocument(pair));

    /// <summary>Q1: strong identifier, or name and birth and one more; name and date alone is Probable. Null if there is nothing to tell.</summary>
    public LinkStrength? OfVictims(in PersonAgreement pair)
    {
        var strength = ByRules(pair);
        // Brothers and sisters share all but a given name, and short forms of two names may be alike.
        if (strength == LinkStrength.Strong && pair.Name.Weakest == TokenAgreement.Variant && !pair.Exact && pair.Birth != BirthAgreement.SameDay)
        {
            strength = LinkStrength.Probable;
        }
        return strength < LinkStrength.Probable && IsForReview(pair) ? LinkStrength.Probable : strength;
    }

    /// <summary>Q2: shared identifier; or name or alias with place and role. An alias alone is Possible.</summary>
    /// <param name="pair">What they have in common.</param>
    /// <param name="identifier">An identifier of theirs agrees, at any strength.</param>
    /// <param name="roles">1 = a role in common, -1 = none, 0 = not known.</param>
    /// <param name="site">How sure they were at one site; null = not.</param>
    public LinkStrength OfSuspects(in PersonAgreement pair, bool identifier, int roles, LinkStrength? site)
    {
        if (pair.Exact)
        {
            return LinkStrength.Strong;
        }
        if (pair.Name.IsFull && !pair.Name.Conflicts)
        {
            return !pair.More || roles < 0 || pair.Weight < bits.StrongSuspect ? LinkStrength.Possible : pair.Name.Weakest == TokenAgreement.Variant ? LinkStrength.Probable : LinkStrength.Strong;
        }
        if (pair.Name.IsSingle && site >= LinkStrength.Probable && roles >= 0)
        {
            return identifier ? LinkStrength.Strong : LinkStrength.Probable;
        }
        return LinkStrength.Possible;
    }

    private LinkStrength? ByRules(in PersonAgreement pair)
    {
        var (name, birth, weight) = (pair.Name, pair.Birth, pair.Weight);
        var dated = birth >= BirthAgreement.Compatible;
        if (birth == BirthAgreement.Disjoint || (pair.DocumentsConflict && !pair.Exact))
        {
            return LinkStrength.Possible;
        }
        if (pair.Exact && !name.Conflicts && name.Weight >= 3)
        {
            return birth == BirthAgreement.Near || pair.DocumentsConflict || pair.Citizenship < 0 ? LinkStrength.Probable : LinkStrength.Strong;
        }
        if (pair.Exact && birth == BirthAgreement.SameDay && pair.Citizenship >= 0 && pair.Sexes >= 0 && weight >= bits.ProbableOtherName)
        {
            // One number, one birthday and one of the names: the other is misspelt, or there are twins. A person must look.
            return LinkStrength.Probable;
        }
        if (name.IsFull && dated)
        {
            var sure = pair.More && weight >= bits.Strong && !name.Conflicts;
            // Citizenship is shared by millions: with it alone the name must be rare and the day exact.
            var rare = birth == BirthAgreement.SameDay && pair.Citizenship > 0 && weight >= bits.StrongRareName;
            return (sure || rare) && pair.Citizenship >= 0 && pair.Sexes >= 0 ? LinkStrength.Strong : weight >= bits.Probable && pair.Citizenship >= 0 ? LinkStrength.Probable : LinkStrength.Possible;
        }
        if (name.IsSingle && dated && pair.More && weight >= bits.ProbableSingleName && pair.Citizenship >= 0 && pair.Sexes >= 0)
        {
            return LinkStrength.Probable;
        }
        return name.IsFull || weight >= bits.Probable ? LinkStrength.Possible : null;
    }

    // Nothing speaks against it, and the weight for it: a person looks.
    private bool IsForReview(in PersonAgreement pair)
    {
        if (pair.Citizenship < 0 || pair.Sexes < 0 || !pair.Name.IsFull || Math.Abs(pair.Name.MissingFirst - pair.Name.MissingSecond) > 1)
        {
            return false;
        }
        if (pair.DocumentsConflict)
        {
            return IsSamePersonWithAnotherDocument(pair);
        }
        return pair.Birth switch
        {
            BirthAgreement.Unknown or BirthAgreement.Slip => pair.Weight >= bits.Review && (pair.More || pair.Name.Weight >= bits.ReviewNameAlone),
            BirthAgreement.Disjoint => pair.Paper && pair.Weight >= bits.Review,
            _ => false,
        };
    }

    // A passport is replaced, a digit is misread. Twins have numbers, and names, of their own.
    private bool IsSamePersonWithAnotherDocument(in PersonAgreement pair) =>
        pair.Weight >= bits.ReviewOtherDocument && pair is { Birth: BirthAgreement.SameDay, More: true, Name: { Weakest: TokenAgreement.Exact, Matched: >= 2, MissingFirst: 0, MissingSecond: 0 } };
}
