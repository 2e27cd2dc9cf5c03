using System.Security.Cryptography;
using System.Text;
using CleanRoom.Charter;
using CleanRoom.Charter.Acts;
using CleanRoom.Charter.Consent;
using CleanRoom.Charter.Disclosure;
using CleanRoom.Charter.Log;
using CleanRoom.Charter.Messages;
using CleanRoom.Charter.Queries;
using CleanRoom.Cryptography;
using CleanRoom.Matching.Epochs;
using CleanRoom.Matching.Records;
using CleanRoom.Matching.Release;

namespace CleanRoom.Matching.Disclosures;

/// <summary>
/// Facts that follow a notice without a request (N2b). Each contributor that let the agency know of the match is asked for its own part; when two releasers of every one of them have signed, the parts leave, and
/// otherwise none does. A function of the log and the keys, as everything in the enclave.
/// </summary>
internal sealed class OfferDesk
{
    private readonly Dictionary<(MemberId Agency, string Match), Offer> _offers = [];
    private readonly Dictionary<EntryId, GivenFacts> _given = [];
    private readonly Dictionary<MemberId, DateTimeOffset> _since = [];

    /// <summary>Two releasers of a contributor give what it was offered to give: once, in its time, and no more than the offer named.</summary>
    public void Hear(EntryId id, MemberId author, RoomAct.OfferedRelease act, RoomTime time)
    {
        foreach (var (key, offer) in _offers.Where(item => item.Key.Agency == act.Agency && item.Value.IsOpen).ToList())
        {
            var allowed = OfferedFacts.ByLinkType[offer.Story.Link.Type.ToString()];
            if (time.Expiring < offer.Due && !act.Fields.Except(allowed, StringComparer.Ordinal).Any() && offer.Sides.Exists(IsAnswered))
            {
                _offers[key] = offer with { Sides = [.. offer.Sides.Select(side => IsAnswered(side) ? side with { Given = id, Act = act } : side)] };
            }
        }

        bool IsAnswered(Side side) => side.Contributor == author && side.Reference == act.Match && side.Act is null;
    }

    /// <summary>At the end of an epoch: makes offers of what agencies were told, ends those that may not be any more, and gives what everybody concerned has given.</summary>
    /// <returns>Cases that are new in the book, with their stories.</returns>
    public IReadOnlyList<(DisclosureCase Case, PairStory Story)> Work(RoomState state, RecordShelf shelf, Outbox outbox, KeyRing keys, RoomTime time, DisclosureBook book)
    {
        NoteMembers(state.Charter!, time);
        var notices = outbox.Notices.ToList();
        foreach (var key in _offers.Keys.Except(notices.Select(notice => (notice.Agency, notice.Match))).ToList())
        {
            // Told anew, it is offered anew.
            _ = _offers.Remove(key);
        }

        var cases = new List<(DisclosureCase, PairStory)>();
        foreach (var (agency, match, told) in notices)
        {
            var isKnown = _offers.TryGetValue((agency, match), out var offer);
            if (isKnown && !offer!.IsOpen)
            {
                continue;
            }

            // Missing keys are no refusal.
            if (told.On(shelf) is not { } story)
            {
                continue;
            }

            offer ??= Make(story, agency, state, outbox, keys, time);
            if (offer is null)
            {
                continue;
            }

            var given = offer.Sides.TrueForAll(side => side.Given is not null);
            var isOver = !MayFollow(offer, story, agency, state, time) || outbox.IsWrong(story) || (!given && time.Expiring >= offer.Due);
            _offers[(agency, match)] = offer with { IsOpen = !isOver && !given };
            if (isOver)
            {
                continue;
            }

            if (given)
            {
                foreach (var side in offer.Sides)
                {
                    var id = side.Given!.Value;
                    var fields = side.Act?.Fields ?? OfferedFacts.ByLinkType[story.Link.Type.ToString()];
                    _given[id] = new GivenFacts(offer, side.Act?.NamesDesk == true);
                    cases.Add((book.Give(id, agency, side.Contributor, match, fields, time), story));
                }
            }
            else if (!isKnown)
            {
                offer.Sides.ForEach(side => outbox.Post(side.Contributor, LetterOf(side, story, agency, offer.Due), null));
            }
        }

        return cases;
    }

    /// <summary>What a contributor is told of facts that have followed by a rule alone.</summary>
    public RoomMessage.Offer ToldOf(DisclosureCase item, PairStory story, RoomTime time) => LetterOf(
        _given[item.Request].Offer.Sides.Find(side => side.Contributor == item.Asked.Contributor)!, story, item.Agency, time.Opening + OfferedFacts.Life) with
    {
        Given = true,
    };

    private static RoomMessage.Offer LetterOf(Side side, PairStory story, MemberId agency, DateTimeOffset due) => new(
        side.Reference, story.Link.Type.ToString(), agency, Outbox.RefOf(story.RecordOf(side.Contributor)!), OfferedFacts.ByLinkType[story.Link.Type.ToString()], Outbox.Whole(due));

    /// <summary>Whether facts that were given may still leave, or be known: everybody whose consent they left with still consents.</summary>
    public bool MayStill(DisclosureCase item, PairStory story, RoomState state, RoomTime time) =>
        _given[item.Request].Offer is var offer && AreAgreed(offer, story, item.Agency, state, time.Expiring) && (item.IsOut || RuleOf(story, state.Charter!) != FactsRule.OnRelease);

    /// <summary>Whether nobody has signed for them.</summary>
    public bool IsAutomatic(EntryId id) => _given[id].Offer.IsAutomatic;

    /// <summary>The message of facts that leave.</summary>
    public IReadOnlyList<RoomMessage.NoticeFacts> Write(DisclosureCase item, PairStory story, RoomState state, RoomTime time, DateTimeOffset outcomeDue)
    {
        var (charter, contributor, given) = (state.Charter!, item.Asked.Contributor, _given[item.Request]);
        var record = story.RecordOf(contributor)!;
        var facts = FieldCutter.CutShared(story, contributor, item.Granted);
        return facts.Count == 0 ? [] : Pages.Of(
            (part, parts, page) => new RoomMessage.NoticeFacts(
                item.Request, item.Asked.Match, story.Link.Type.ToString(), part, parts, given.Offer.Sides.Count == 1 ? "single source" : "2",
                given.NamesDesk ? Outbox.DeskOf(charter, contributor) : null, Outbox.GradingOf([record]), page,
                Outbox.HandlingOf([record]), outcomeDue, Outbox.Whole(time.Opening + OfferedFacts.Life)),
            facts, Pages.MostFacts, state.Room, item.Agency, charter);
    }

    /// <summary>An offer of what an agency was told; null if nothing may be offered, or not yet.</summary>
    private Offer? Make(PairStory story, MemberId agency, RoomState state, Outbox outbox, KeyRing keys, RoomTime time)
    {
        var rule = RuleOf(story, state.Charter!);
        var releasing = ReleasingOf(story, agency, state, time.Expiring);
        if (rule == FactsRule.OnRelease || releasing.Count == 0 || !MayBothKnow(story, state, time.Expiring))
        {
            return null;
        }

        var sides = releasing.ConvertAll(contributor => new Side(contributor, outbox.ReferenceOf(story, contributor, keys), null, null));
        var offer = new Offer(story, time.Opening + OfferedFacts.OfferLife, sides, IsAutomatic: false, IsOpen: true);
        var automatic = offer with { IsAutomatic = true, Sides = sides.ConvertAll(side => side with { Given = IdOf(state.Room, agency, side.Reference) }) };
        return rule == FactsRule.Automatic && sides.Count == 2 && sides.TrueForAll(side => IsSettled(side.Contributor, time)) && AreAgreed(automatic, story, agency, state, time.Expiring) ? automatic : offer;
    }

    private static bool MayFollow(Offer offer, PairStory story, MemberId agency, RoomState state, RoomTime time) =>
        RuleOf(story, state.Charter!) != FactsRule.OnRelease && AreAgreed(offer, story, agency, state, time.Expiring);

    private static bool AreAgreed(Offer offer, PairStory story, MemberId agency, RoomState state, DateTimeOffset now)
    {
        var releasing = ReleasingOf(story, agency, state, now);
        return offer.Sides.TrueForAll(side => releasing.Contains(side.Contributor))
            && (!offer.IsAutomatic || (PairStory.AgenciesOf(state.Charter!).FirstOrDefault(item => item.Id == agency) is { } told
                && offer.Sides.TrueForAll(side => ConsentEngine.AgreesToFacts(story.SideOf(state, side.Contributor), told, now))));
    }

    /// <summary>The contributors that let the agency know.</summary>
    private static List<MemberId> ReleasingOf(PairStory story, MemberId agency, RoomState state, DateTimeOffset now)
    {
        var decision = story.Decide(state, now);
        return [.. decision.FirstReleases.Contains(agency) ? [story.First.Contributor] : Array.Empty<MemberId>(), .. decision.SecondReleases.Contains(agency) ? [story.Second.Contributor] : Array.Empty<MemberId>()];
    }

    /// <summary>An offer tells its reader of the match: only where consent and listing let both know of it, whether or not the query tells contributors.</summary>
    private static bool MayBothKnow(PairStory story, RoomState state, DateTimeOffset now) =>
        (story with { Query = story.Query with { TellsContributors = true } }).Decide(state, now) is { TellFirst: Telling.MutualPointer, TellSecond: Telling.MutualPointer };

    /// <summary>What the query said when it told, and the charter in force still says.</summary>
    private static FactsRule RuleOf(PairStory story, RoomCharter charter)
    {
        var then = story.Query.Agencies?.Facts ?? FactsRule.OnRelease;
        var now = charter.Queries.FirstOrDefault(query => query.Id == story.Query.Id && query.LinkTypes.Contains(story.Link.Type.ToString(), StringComparer.Ordinal))?.Agencies?.Facts ?? FactsRule.OnRelease;
        return then < now ? then : now;
    }

    /// <summary>Since when contributors are in the room, by the epochs that saw them; who leaves begins anew.</summary>
    private void NoteMembers(RoomCharter charter, RoomTime time)
    {
        foreach (var gone in _since.Keys.Where(member => charter.Contributor(member) is null).ToList())
        {
            _ = _since.Remove(gone);
        }

        foreach (var contributor in charter.Contributors)
        {
            _ = _since.TryAdd(contributor.Id, time.Expiring);
        }
    }

    private bool IsSettled(MemberId contributor, RoomTime time) => _since.TryGetValue(contributor, out var since) && time.Opening - since > OfferedFacts.AutomaticAfter;

    /// <summary>The same after a restart, and nobody but the contributor could compute it.</summary>
    private static EntryId IdOf(RoomId room, MemberId agency, string reference)
    {
        var id = SHA256.HashData(Encoding.ASCII.GetBytes($"cleanroom/v1/facts\0{room}\0{agency}\0{reference}")).AsSpan(0, 16);
        return EntryId.From(RandomUuid.Of(id));
    }

    /// <param name="Contributor">Whose facts.</param>
    /// <param name="Reference">The reference of the match for this contributor.</param>
    /// <param name="Given">What names them: its people's act, or what the enclave made.</param>
    /// <param name="Act">What its people have signed; null if nobody has.</param>
    private sealed record Side(MemberId Contributor, string Reference, EntryId? Given, RoomAct.OfferedRelease? Act);

    /// <param name="Story">The match.</param>
    /// <param name="Due">From then on nothing is given.</param>
    /// <param name="Sides">All that let the agency know when the offer was made.</param>
    /// <param name="IsAutomatic">Nobody has to sign.</param>
    /// <param name="IsOpen">It can still be answered.</param>
    private sealed record Offer(PairStory Story, DateTimeOffset Due, List<Side> Sides, bool IsAutomatic, bool IsOpen);

    private sealed record GivenFacts(Offer Offer, bool NamesDesk);
}
