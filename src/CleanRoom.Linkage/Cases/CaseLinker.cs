namespace CleanRoom.Linkage.Cases;

/// <summary>
/// Combines what pairs of records share into links of cases: evidence about persons stays with the links of persons, and here a shared site, number or firm speaks for one case. Works on links only, so it
/// sees no record and no value, and nothing of a pair that might not be compared. Pure: the order of the links does not matter.
/// </summary>
/// <remarks>
/// Minimum evidence, whatever the total: Strong needs two independent kinds at Probable or better, Probable one; an equal case number of a third organisation, not in doubt, is Exact. Not independent is
/// what is in doubt, of a kind that spoke before, or known by a fact that spoke before. A thing that many records share says less.
/// </remarks>
/// <param name="model">The numbers.</param>
public sealed class CaseLinker(CaseModel model)
{
    // Facts that tell who or what is shared; a link that rests on one that was counted says little more.
    private const LinkEvidence Facts =
        LinkEvidence.Phone | LinkEvidence.Document | LinkEvidence.Email | LinkEvidence.Handle | LinkEvidence.Account | LinkEvidence.Registration | LinkEvidence.CaseNumber;

    /// <summary>Combines links.</summary>
    /// <param name="links">All links of a search (<see cref="LinkageResult.Links"/>); how many records share a thing is counted over them.</param>
    /// <returns>Links of cases of at least <see cref="LinkStrength.Possible"/>, by handles.</returns>
    public IReadOnlyList<CaseLink> Combine(IReadOnlyCollection<Link> links)
    {
        ArgumentNullException.ThrowIfNull(links);
        var partners = new Dictionary<(RecordHandle, LinkType), HashSet<RecordHandle>>();
        foreach (var link in links)
        {
            Partners(partners, link.First.Record, link.Type).Add(link.Second.Record);
            Partners(partners, link.Second.Record, link.Type).Add(link.First.Record);
        }
        // A thing has at least as many bearers as the side with fewer partners says: the other may share several.
        int Bearers(Link link) => 1 + Math.Min(partners[(link.First.Record, link.Type)].Count, partners[(link.Second.Record, link.Type)].Count);
        return [.. links.Where(l => EntityOf(l.Type) is not null)
            .GroupBy(l => (l.First.Record, l.Second.Record)).OrderBy(g => g.Key)
            .Select(g => Combine(g.Key.Item1, g.Key.Item2, [.. g], Bearers)).OfType<CaseLink>()];
    }

    private CaseLink? Combine(RecordHandle first, RecordHandle second, Link[] links, Func<Link, int> bearersOf)
    {
        var rated = links
            .Select(link =>
            {
                var bits = model.Bits.Of(EntityOf(link.Type)!.Value).Of(link.Strength);
                var company = -Math.Min(bits, Math.Log2(Math.Max(1, bearersOf(link) / model.Usual)));
                var doubt = link.Cautions == LinkCautions.None ? 1 : model.InDoubt;
                return (Link: link, Bits: bits, Company: company, Share: doubt);
            })
            // The clearest first; of equals in an order that nobody chooses.
            .OrderByDescending(r => (r.Bits + r.Company) * r.Share).ThenBy(r => r.Link.Type).ThenBy(r => r.Link.First.HolderRole, StringComparer.Ordinal).ThenBy(r => r.Link.Second.HolderRole, StringComparer.Ordinal)
            .ThenBy(r => r.Link.Cautions).ThenBy(r => r.Link.Evidence);
        var parts = new List<CasePart>();
        var kinds = new Dictionary<CaseEntity, double>();
        var facts = LinkEvidence.None;
        var total = model.Prior;
        foreach (var (link, bits, company, doubt) in rated)
        {
            var entity = EntityOf(link.Type)!.Value;
            var again = (link.Evidence & Facts & facts) != 0;
            var repeated = kinds.TryGetValue(entity, out var before);
            var share = doubt * (again ? model.SameFact : 1) * (repeated ? before * model.Repeated : 1);
            kinds[entity] = repeated ? before * model.Repeated : 1;
            facts |= link.Evidence & Facts;
            var part = new CasePart(
                entity, link.Type, link.Strength, bits, company, (bits + company) * (share - 1), link.Strength >= LinkStrength.Probable && link.Cautions == LinkCautions.None && !again && !repeated);
            parts.Add(part);
            total += part.Weight;
        }
        return StrengthOf(parts, total) is { } strength ? new CaseLink(first, second, strength, model.Prior, parts, total) : null;
    }

    private LinkStrength? StrengthOf(List<CasePart> parts, double total)
    {
        if (parts.Any(p => p is { Entity: CaseEntity.CaseNumber, Strength: LinkStrength.Exact, Independent: true }))
        {
            return LinkStrength.Exact;
        }
        var kinds = parts.Count(p => p.Independent);
        return total >= model.Thresholds.Strong && kinds >= 2 ? LinkStrength.Strong
            : total >= model.Thresholds.Probable && kinds >= 1 ? LinkStrength.Probable
            : total >= model.Thresholds.Possible ? LinkStrength.Possible
            : null;
    }

    private static HashSet<RecordHandle> Partners(Dictionary<(RecordHandle, LinkType), HashSet<RecordHandle>> partners, RecordHandle record, LinkType type)
    {
        if (!partners.TryGetValue((record, type), out var of))
        {
            partners.Add((record, type), of = []);
        }
        return of;
    }

    // What a query makes of other links is no evidence of its own.
    private static CaseEntity? EntityOf(LinkType type) => type switch
    {
        LinkType.SamePersonVictim or LinkType.SamePersonSuspect or LinkType.SamePersonMissing => CaseEntity.Person,
        LinkType.SamePhone or LinkType.SameEmail or LinkType.SameHandle => CaseEntity.Contact,
        LinkType.SameDocument => CaseEntity.Document,
        LinkType.SameAccount => CaseEntity.Account,
        LinkType.SameVehicle => CaseEntity.Vehicle,
        LinkType.SameVessel => CaseEntity.Vessel,
        LinkType.SameAddress => CaseEntity.Site,
        LinkType.SameOrganisation => CaseEntity.Organisation,
        LinkType.SameCaseNumber => CaseEntity.CaseNumber,
        _ => null,
    };
}
