package web

import (
	"strings"
	"testing"

	"github.com/jba/templatecheck"
)

// pageTypes says what each page is rendered over. A template that is not here is not checked, and so fails the test.
var pageTypes = map[string]any{
	"ask":                   askPage{},
	"assign":                assignPage{},
	"application":           applicationPage{},
	"applications":          applicationsPage{},
	"county-letter":         countyLetterPage{},
	"county-letter-new":     countyLetterForm{},
	"county-letters":        countyLettersPage{},
	"benefit":               benefitPage{},
	"benefit-form":          benefitForm{},
	"payment":               paymentsPage{},
	"programme":             programmePage{},
	"programmes":            programmesPage{},
	"resident":              residentPage{},
	"roll":                  rollPage{},
	"calendar":              calendarPage{},
	"card":                  cardPage{},
	"card-deliver":          deliverPage{},
	"card-form":             cardFormPage{},
	"card-print":            handbill{},
	"cards":                 cardsPage{},
	"channel":               channelPage{},
	"channels":              channelsPage{},
	"claim":                 claimPage{},
	"claims":                claimsPage{},
	"check":                 checkPage{},
	"close":                 closePage{},
	"closing":               closingPage{},
	"dataset":               datasetPage{},
	"dataset-new":           datasetForm{},
	"datasets":              datasetsPage{},
	"duty":                  dutyPage{},
	"edit":                  editPage{},
	"errand":                errandPage{},
	"erase":                 erasePage{},
	"error":                 errorPage{},
	"evidence":              evidencePage{},
	"evidence-form":         evidenceForm{},
	"extend":                extendPage{},
	"extension":             extensionPage{},
	"finding":               findingPage{},
	"handed":                handedPage{},
	"handover":              handOverPage{},
	"heat":                  heatPage{},
	"households":            householdsPage{},
	"import":                importPage{},
	"import-check":          importCheckPage{},
	"import-confirm":        importConfirmPage{},
	"ledger":                ledgerPage{},
	"letter":                letterPage{},
	"letters":               lettersPage{},
	"load":                  loadPage{},
	"login":                 loginPage{},
	"me":                    mePage{},
	"month":                 monthPage{},
	"ops":                   opsPage{},
	"org":                   orgPage{},
	"org-form":              orgFormPage{},
	"org-import":            orgImportPage{},
	"org-passwords":         passwordsPage{},
	"org-person":            personPage{},
	"org-places":            placesPage{},
	"org-post":              postPage{},
	"overview":              overviewPage{},
	"plan":                  planPage{},
	"print":                 ledgerPage{},
	"receipt":               receiptPage{},
	"recommendation":        recommendationPage{},
	"recommendation-new":    recommendationForm{},
	"recommendation-thread": recommendationThread{},
	"reveal":                revealPage{},
	"reveals":               revealsPage{},
	"request":               requestPage{},
	"request-form":          requestForm{},
	"requests":              requestsPage{},
	"round":                 roundPage{},
	"sample":                samplePage{},
	"sample-new":            drawPage{},
	"audit":                 auditPage{},
	"handout":               handoutPage{},
	"hit-sheet":             checkSheets{},
	"notice":                postingPage{},
	"notice-new":            noticeForm{},
	"notice-public":         publicNoticePage{},
	"notices":               postingsPage{},
	"outcome":               outcomePage{},
	"precision":             precisionPage{},
	"return":                returnPage{},
	"sweep":                 sweepPage{},
	"hit":                   hitPage{},
	"hits":                  hitsPage{},
	"verify":                verifyList{},
	"verify-hit":            verifyHit{},
	"hint":                  hintPage{},
	"hints":                 hintsPage{},
	"samples":               samplesPage{},
	"forecast":              forecastPage{},
	"screening":             screeningPage{},
	"screening-compare":     comparePage{},
	"screening-new":         screeningForm{},
	"screenings":            screeningsPage{},
	"search":                searchPage{},
	"settings":              settingsPage{},
	"sheet":                 sheetPage{},
	"slip":                  slipPage{},
	"slips":                 slipsPage{},
	"survey":                surveyPage{},
	"surveys":               surveysPage{},
	"task":                  taskPage{},
	"today":                 todayPage{},
	"told":                  toldPage{},
	"upkeep":                upkeepPage{},
	"visit":                 visitPage{},
	"wave":                  wavePage{},
	"wave-ask":              interviewPage{},
	"wave-form":             waveForm{},
	"wave-sheet":            interviewPage{},
	"waves":                 wavesPage{},
	"waves-village":         mandatoryPage{},
	"work":                  workPage{},
}

// TestTemplates checks every field and method that a template names against the type it is rendered over.
func TestTemplates(t *testing.T) {
	s := New(Config{})
	for name, page := range s.pages {
		over, ok := pageTypes[name]
		if !ok {
			t.Errorf("%s.html: add its page type to the test", name)
			continue
		}
		if err := templatecheck.CheckHTML(page, over); err != nil {
			t.Errorf("%s.html: %v", name, err)
		}
	}
	for _, part := range []struct {
		page, name string
		over       any
	}{
		{"ledger", "aspect", aspectRow{}},
		{"overview", "tables", overviewData{}},
		{"edit", "edit-form", editPage{}},
	} {
		if err := templatecheck.CheckHTML(s.pages[part.page].Lookup(part.name), part.over); err != nil {
			t.Errorf("%s of %s.html: %v", part.name, part.page, err)
		}
	}
}

// A block that is not closed takes everything after it away from wide screens, and no browser complains.
func TestStylesheetsAreWhole(t *testing.T) {
	files, err := static.ReadDir("static")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".css") {
			continue
		}
		text, err := static.ReadFile("static/" + f.Name())
		if err != nil {
			t.Fatal(err)
		}
		depth := 0
		for i, line := range strings.Split(string(text), "\n") {
			if depth > 0 && strings.HasPrefix(line, "/* ---") || depth > 0 && strings.HasPrefix(line, "@") || depth < 0 {
				t.Fatalf("%s:%d: a block before it is not closed", f.Name(), i+1)
			}
			depth += strings.Count(line, "{") - strings.Count(line, "}")
		}
		if depth != 0 {
			t.Errorf("%s: %d blocks are not closed", f.Name(), depth)
		}
	}
}
